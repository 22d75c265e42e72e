/** Rules of priority classes (upstream: pkg/apis/scheduling/validation, 1.36). */

import { type FieldError, forbiddenField, notSupported } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable } from '../common/checks.ts';
import type { PriorityClass } from '../generated/types.ts';

const SYSTEM_PREFIX = 'system-';
const SYSTEM_VALUES: Readonly<Record<string, number>> = {
  'system-node-critical': 2000001000,
  'system-cluster-critical': 2000000000,
};
const MAX_USER_VALUE = 1_000_000_000;
const POLICIES = ['PreemptLowerPriority', 'Never'];

/** What makes a class with a system name none of the system's own. */
const systemComplaint = (name: string, value: number, globalDefault: boolean): string | undefined => {
  const known = Object.hasOwn(SYSTEM_VALUES, name) ? SYSTEM_VALUES[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
};

/** Errors of a new class. */
export const validatePriorityClass = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { name = '' } = object.metadata;
  const { value = 0, globalDefault = false, preemptionPolicy } = object as PriorityClass;
  if (name.startsWith(SYSTEM_PREFIX)) {
    const complaint = systemComplaint(name, value, globalDefault);
    const intro = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    if (complaint !== undefined) errors.push(forbiddenField('metadata.name', `${intro}${complaint}`));
  } else if (value > MAX_USER_VALUE) {
    const detail = `maximum allowed value of a user defined priority is ${MAX_USER_VALUE}`;
    errors.push(forbiddenField('value', detail));
  }
  if (preemptionPolicy !== undefined && !POLICIES.includes(preemptionPolicy)) {
    errors.push(notSupported('preemptionPolicy', preemptionPolicy, POLICIES));
  }
  return errors;
};

/** Errors of a changed class: value and preemption stay, and nothing else is judged again. */
export const validatePriorityClassUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const next = object as PriorityClass;
  const before = old as PriorityClass;
  if ((next.value ?? 0) !== (before.value ?? 0)) {
    errors.push(forbiddenField('value', 'may not be changed in an update.'));
  }
  checkImmutable(errors, 'preemptionPolicy', next.preemptionPolicy, before.preemptionPolicy);
  return errors;
};

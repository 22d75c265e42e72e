/** Rules of runtime classes (upstream: pkg/apis/node/validation, 1.36). */

import { duplicate, type FieldError } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkLabelName, checkLabels, checkPresent, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkRequirements } from '../core/resource-requirements-validation.ts';
import { checkTolerations } from '../core/taint-validation.ts';
import type { RuntimeClass, Toleration } from '../generated/types.ts';

const checkUnique = (errors: Errors, path: string, tolerations: readonly Toleration[]): void => {
  const seen = new Set<string>();
  tolerations.forEach((toleration, index) => {
    const form = internalForm('Toleration', toleration);
    const text = JSON.stringify(form);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, form));
    seen.add(text);
  });
};

const NO_CLAIMS: ReadonlySet<string> = new Set();

/** Errors of a new runtime class. */
export const validateRuntimeClass = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { handler = '', overhead, scheduling } = object as RuntimeClass;
  if (checkPresent(errors, 'handler', handler)) checkLabelName(errors, 'handler', handler);
  const limits = overhead?.podFixed;
  if (limits) checkRequirements(errors, 'overhead', { limits }, NO_CLAIMS);
  checkLabels(errors, 'scheduling.nodeSelector', scheduling?.nodeSelector);
  const path = 'scheduling.tolerations';
  checkTolerations(errors, path, scheduling?.tolerations);
  checkUnique(errors, path, scheduling?.tolerations ?? []);
  return errors;
};

/** Errors of a changed runtime class: its handler stays. */
export const validateRuntimeClassUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors = validateRuntimeClass(object);
  checkImmutable(
    errors,
    'handler',
    (object as RuntimeClass).handler ?? '',
    (old as RuntimeClass).handler ?? '',
  );
  return errors;
};

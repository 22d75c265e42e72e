/** Rules of daemon sets (pkg/apis/apps/validation, 1.36). */

import { type FieldError, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector, matchesLabels } from '../../machinery/selector.ts';
import { checkAtMostWhole, checkIntOrPercent, checkNonNegative, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import {
  checkLabelSelector,
  isEmptySelector,
  selectorValue,
  sortedMap,
} from '../common/label-selector-validation.ts';
import { checkCollisions, checkCounts } from '../common/replica-status-validation.ts';
import {
  checkAlwaysRestarted,
  checkSameSelector,
  checkSharedDisks,
  roughCount,
} from '../common/workload-validation.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from '../generated/types.ts';

const checkRolling = (errors: Errors, path: string, rolling: RollingUpdateDaemonSet): void => {
  const { maxUnavailable = 0, maxSurge = 0 } = rolling;
  checkIntOrPercent(errors, `${path}.maxUnavailable`, maxUnavailable);
  checkIntOrPercent(errors, `${path}.maxSurge`, maxSurge);
  checkAtMostWhole(errors, `${path}.maxUnavailable`, maxUnavailable);
  checkAtMostWhole(errors, `${path}.maxSurge`, maxSurge);
  const unavailable = roughCount(maxUnavailable) !== 0;
  const surge = roughCount(maxSurge) !== 0;
  if (unavailable && surge) {
    errors.push(invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (!unavailable && !surge) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
};

const checkStrategy = (errors: Errors, path: string, strategy: DaemonSetUpdateStrategy | undefined): void => {
  const { type = '', rollingUpdate } = strategy ?? {};
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    const shown = internalForm('DaemonSetUpdateStrategy', strategy);
    errors.push(notSupported(path, shown, ['RollingUpdate', 'OnDelete']));
  } else if (rollingUpdate === undefined) errors.push(required(`${path}.rollingUpdate`));
  else checkRolling(errors, `${path}.rollingUpdate`, rollingUpdate);
};

const specOf = (object: KubeObject): DaemonSetSpec =>
  (object as Partial<DaemonSet>).spec ?? ({} as DaemonSetSpec);

const checkSelector = (errors: Errors, spec: DaemonSetSpec): void => {
  const { selector, template } = spec as Partial<DaemonSetSpec>;
  checkLabelSelector(errors, 'spec.selector', selector);
  const terms = fromLabelSelector(selector);
  const labels = template?.metadata?.labels;
  if (terms.ok && !matchesLabels(terms.value, labels)) {
    const at = 'spec.template.metadata.labels';
    errors.push(invalidValue(at, sortedMap(labels), '`selector` does not match template `labels`'));
  }
  if (selector && isEmptySelector(selector)) {
    errors.push(
      invalidValue('spec.selector', selectorValue(selector), 'empty selector is invalid for daemonset'),
    );
  }
};

const checkSpec = (errors: Errors, spec: DaemonSetSpec, old: DaemonSetSpec | undefined): void => {
  checkSelector(errors, spec);
  checkPodTemplate(errors, 'spec.template', spec.template);
  checkSharedDisks(errors, 'spec.template', spec.template, old?.template);
  checkAlwaysRestarted(errors, 'spec.template', spec.template, 'DaemonSet');
  checkNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  checkStrategy(errors, 'spec.updateStrategy', spec.updateStrategy);
  checkNonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
};

/** A new daemon set. */
export const validateDaemonSet = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), undefined);
  return errors;
};

/** A changed daemon set, whose selector is fixed. */
export const validateDaemonSetUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSameSelector(errors, 'spec.selector', specOf(object).selector, specOf(old).selector);
  checkSpec(errors, specOf(object), specOf(old));
  return errors;
};

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

type Counts = Readonly<Record<string, unknown>>;

/** A daemon set's status. */
export const validateDaemonSetStatus = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const status = (object as Partial<DaemonSet>).status as unknown as Counts | undefined;
  checkCounts(errors, status, COUNTS);
  checkCollisions(errors, status, (old as Partial<DaemonSet>).status as unknown as Counts | undefined);
  return errors;
};

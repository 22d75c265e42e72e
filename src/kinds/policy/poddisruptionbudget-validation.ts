/** Rules of disruption budgets (pkg/apis/policy/validation, 1.36). */

import { type FieldError, invalidValue, notSupported } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkAtMostWhole, checkIntOrPercent, checkNonNegative } from '../common/checks.ts';
import { checkConditions } from '../common/condition-validation.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { PodDisruptionBudget } from '../generated/types.ts';

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** A new or a changed budget. */
export const validateDisruptionBudget = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const spec = (object as Partial<PodDisruptionBudget>).spec ?? {};
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = internalForm('PodDisruptionBudgetSpec', spec);
    errors.push(invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  if (minAvailable !== undefined) {
    checkIntOrPercent(errors, 'spec.minAvailable', minAvailable);
    checkAtMostWhole(errors, 'spec.minAvailable', minAvailable);
  }
  if (maxUnavailable !== undefined) {
    checkIntOrPercent(errors, 'spec.maxUnavailable', maxUnavailable);
    checkAtMostWhole(errors, 'spec.maxUnavailable', maxUnavailable);
  }
  checkLabelSelector(errors, 'spec.selector', spec.selector);
  if (policy !== undefined && !EVICTION_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES));
  }
  return errors;
};

const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

/** A budget's status. */
export const validateDisruptionBudgetStatus = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { status } = object as Partial<PodDisruptionBudget>;
  checkConditions(errors, 'status.conditions', status?.conditions);
  for (const field of COUNTS) checkNonNegative(errors, `status.${field}`, status?.[field]);
  return errors;
};

/** Rules of autoscalers (pkg/apis/autoscaling/validation, 1.36). They see the stored form, v2. */

import { type FieldError, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { quantityOf } from '../../machinery/quantity.ts';
import { checkEach, checkNonNegative, checkOneOf, checkPositive, type Errors } from '../common/checks.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
} from '../generated/types.ts';
import { checkMetrics, checkObjectReference, type VersionRule } from './hpa-metric-validation.ts';

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];

const checkPolicy = (errors: Errors, path: string, policy: HPAScalingPolicy): void => {
  const { type, value = 0, periodSeconds = 0 } = policy as Partial<HPAScalingPolicy>;
  checkOneOf(errors, `${path}.type`, type, POLICY_TYPES);
  checkPositive(errors, `${path}.value`, value);
  checkPositive(errors, `${path}.periodSeconds`, periodSeconds);
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const detail = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
    errors.push(invalidValue(`${path}.periodSeconds`, periodSeconds, detail));
  }
};

const checkRules = (errors: Errors, path: string, rules: HPAScalingRules | undefined): void => {
  if (!rules) return;
  const { stabilizationWindowSeconds: window, selectPolicy, tolerance } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(at, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    errors.push(invalidValue(at, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, SELECT_POLICIES));
  }
  const policies = rules.policies ?? [];
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  checkEach(errors, `${path}.policies`, policies, checkPolicy);
  if (tolerance !== undefined && quantityOf(tolerance).nano < 0n) {
    errors.push(invalidValue(`${path}.tolerance`, tolerance, 'must be greater or equal to zero'));
  }
};

const checkReplicas = (errors: Errors, spec: HorizontalPodAutoscalerSpec, lowest: number): void => {
  const { minReplicas, maxReplicas = 0 } = spec as Partial<HorizontalPodAutoscalerSpec>;
  if (minReplicas !== undefined && minReplicas < lowest) {
    errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${lowest}`));
  }
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (maxReplicas < 0) {
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'));
  }
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(
      invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'),
    );
  }
};

const specOf = (object: KubeObject): HorizontalPodAutoscalerSpec =>
  (object as Partial<HorizontalPodAutoscaler>).spec ?? ({} as HorizontalPodAutoscalerSpec);

const checkSpec = (
  errors: Errors,
  spec: HorizontalPodAutoscalerSpec,
  lowest: number,
  rule: VersionRule,
): void => {
  checkReplicas(errors, spec, lowest);
  checkObjectReference(errors, 'spec.scaleTargetRef', spec.scaleTargetRef, rule);
  checkMetrics(errors, 'spec.metrics', spec.metrics, spec.minReplicas);
  checkRules(errors, 'spec.behavior.scaleUp', spec.behavior?.scaleUp);
  checkRules(errors, 'spec.behavior.scaleDown', spec.behavior?.scaleDown);
};

/** A new autoscaler. */
export const validateAutoscaler = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), 1, 'named');
  return errors;
};

/** A changed autoscaler; what stood there before may stay. */
export const validateAutoscalerUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, before] = [specOf(object), specOf(old)];
  const kept = next.scaleTargetRef?.apiVersion === before.scaleTargetRef?.apiVersion;
  checkSpec(errors, next, before.minReplicas === 0 ? 0 : 1, kept ? 'kept' : 'named');
  return errors;
};

/** An autoscaler's status. */
export const validateAutoscalerStatus = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { status } = object as Partial<HorizontalPodAutoscaler>;
  checkNonNegative(errors, 'status.currentReplicas', status?.currentReplicas);
  checkNonNegative(errors, 'status.desiredReplicas', status?.desiredReplicas);
  return errors;
};

/** Rules of leases (upstream: pkg/apis/coordination/validation, 1.36). */

import { type FieldError, forbiddenField, invalidValue, notSupported } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkNonNegative, checkQualifiedName, type Errors } from '../common/checks.ts';
import type { Lease } from '../generated/types.ts';

const STRATEGIES = ['OldestEmulationVersion'];

const checkStrategy = (errors: Errors, strategy: string): void => {
  const field = 'spec.strategy';
  const parts = strategy.split('/').length;
  if (parts === 2) checkQualifiedName(errors, field, strategy);
  else if (parts > 2) errors.push(invalidValue(field, strategy, 'must be a valid label key'));
  else if (!STRATEGIES.includes(strategy)) errors.push(notSupported(field, strategy, STRATEGIES));
};

/** Errors of a lease, new or changed. */
export const validateLease = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const {
    leaseDurationSeconds: duration,
    leaseTransitions,
    strategy,
    preferredHolder,
  } = (object as Lease).spec ?? {};
  if (duration !== undefined && duration <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  checkNonNegative(errors, 'spec.leaseTransitions', leaseTransitions);
  if (strategy !== undefined) checkStrategy(errors, strategy);
  if (preferredHolder && !strategy) {
    errors.push(forbiddenField('spec.preferredHolder', 'may only be specified when `strategy` is defined'));
  }
  return errors;
};

/** Rules of CSI storage capacities (upstream: pkg/apis/storage/validation, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { echoQuantity, quantityOf, signOfQuantity } from '../../machinery/quantity.ts';
import { checkImmutable, checkSubdomain, MUST_BE_NON_NEGATIVE } from '../common/checks.ts';
import { checkLabelSelector, selectorValue } from '../common/label-selector-validation.ts';
import type { CSIStorageCapacity } from '../generated/types.ts';

/** Errors of a new capacity. */
export const validateCsiStorageCapacity = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { nodeTopology, storageClassName = '', capacity } = object as CSIStorageCapacity;
  checkLabelSelector(errors, 'nodeTopology', nodeTopology);
  checkSubdomain(errors, 'storageClassName', storageClassName);
  const quantity = quantityOf(capacity);
  if (signOfQuantity(quantity) < 0) {
    errors.push(invalidValue('capacity', echoQuantity(quantity), MUST_BE_NON_NEGATIVE));
  }
  return errors;
};

/** Errors of a changed capacity: what the driver was asked stays. */
export const validateCsiStorageCapacityUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const next = object as CSIStorageCapacity;
  const old = before as CSIStorageCapacity;
  const topology = selectorValue(next.nodeTopology);
  checkImmutableSelector(errors, topology, selectorValue(old.nodeTopology));
  checkImmutable(errors, 'storageClassName', next.storageClassName ?? '', old.storageClassName ?? '');
  return errors;
};

/** An absent selector (nowhere) and an empty one (everywhere) are different things. */
const checkImmutableSelector = (errors: FieldError[], next: unknown, old: unknown): void => {
  checkImmutable(errors, 'nodeTopology', [next], [old], next ?? null);
};

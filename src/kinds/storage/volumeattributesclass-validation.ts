/** Rules of volume attributes classes (upstream: pkg/apis/storage/validation, 1.36). */

import { type FieldError, forbiddenField } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { isSame } from '../common/checks.ts';
import type { VolumeAttributesClass } from '../generated/types.ts';
import { checkParameters, checkProvisioner } from './parameters-validation.ts';

/** Errors of a new class. */
export const validateVolumeAttributesClass = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { driverName, parameters } = object as VolumeAttributesClass;
  checkProvisioner(errors, 'driverName', driverName);
  checkParameters(errors, 'parameters', parameters, false);
  return errors;
};

/** Errors of a changed class: neither driver nor parameters may change. */
export const validateVolumeAttributesClassUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const next = object as VolumeAttributesClass;
  const old = before as VolumeAttributesClass;
  if ((next.driverName ?? '') !== (old.driverName ?? '')) {
    errors.push(forbiddenField('driverName', 'updates to driverName are forbidden.'));
  }
  if (!isSame(next.parameters, old.parameters)) {
    errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
  }
  return [...errors, ...validateVolumeAttributesClass(object)];
};

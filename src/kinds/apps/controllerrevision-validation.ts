/** Rules of controller revisions (pkg/apis/apps/validation, 1.36). */

import { type FieldError, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutablePointer, checkNonNegative } from '../common/checks.ts';
import type { ControllerRevision } from '../generated/types.ts';

/** A new revision. */
export const validateControllerRevision = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { data, revision } = object as ControllerRevision & { readonly data?: unknown };
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (typeof data !== 'object' || Array.isArray(data)) {
    errors.push(required('data', 'data must be a valid JSON object'));
  }
  checkNonNegative(errors, 'revision', revision);
  return errors;
};

/** A changed revision: its data is fixed. */
export const validateControllerRevisionUpdate = (
  object: KubeObject,
  old: KubeObject,
): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, before] = [object, old] as (Partial<ControllerRevision> & { readonly data?: unknown })[];
  checkNonNegative(errors, 'revision', next?.revision);
  checkImmutablePointer(errors, 'data', next?.data, before?.data);
  return errors;
};

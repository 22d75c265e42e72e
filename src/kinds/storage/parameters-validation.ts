/** What storage classes and volume attributes classes share (upstream: pkg/apis/storage/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { invalidValue, required, tooLong } from '../../machinery/field-error.ts';
import { checkPresent, checkQualifiedName, type Errors, type TextMap } from '../common/checks.ts';

const MAX_BYTES = 256 * 1024;
const MAX_ENTRIES = 512;

/** A provisioner or driver: a qualified name, letters in any case. */
export const checkProvisioner = (errors: Errors, field: string, name: string | undefined): void => {
  if (checkPresent(errors, field, name)) checkQualifiedName(errors, field, name.toLowerCase());
};

/** Parameters: at most 512 and 256 KiB, keys not empty. */
export const checkParameters = (
  errors: Errors,
  field: string,
  parameters: TextMap = {},
  mayBeEmpty = true,
): void => {
  const keys = Object.keys(parameters);
  if (keys.length > MAX_ENTRIES) {
    errors.push(tooLong(field, MAX_ENTRIES));
    return;
  }
  let bytes = 0;
  for (const key of keys) {
    if (key === '') errors.push(invalidValue(field, key, 'field can not be empty.'));
    bytes += utf8Length(key) + utf8Length(parameters[key] ?? '');
  }
  if (bytes > MAX_BYTES) errors.push(tooLong(field, MAX_BYTES));
  if (!mayBeEmpty && keys.length === 0) {
    errors.push(required(field, 'must contain at least one key/value pair'));
  }
};

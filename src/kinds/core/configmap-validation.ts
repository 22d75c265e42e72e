/** Rules of config maps (pkg/apis/core/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { type FieldError, forbiddenField, invalidValue, tooLong } from '../../machinery/field-error.ts';
import { configMapKey } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkRule, isSame } from '../common/checks.ts';
import type { ConfigMap } from '../generated/types.ts';
import { base64Length } from './data-size.ts';

/** What a config map or a secret may hold. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** How upstream prints the path of the whole object. */
const WHOLE = '[]';

/** A new config map. */
export const validateConfigMap = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { data = {}, binaryData = {} } = object as ConfigMap;
  let bytes = 0;
  for (const key of Object.keys(data).sort()) {
    checkRule(errors, `data[${key}]`, key, configMapKey(key));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += utf8Length(data[key] ?? '');
  }
  for (const key of Object.keys(binaryData).sort()) {
    checkRule(errors, `binaryData[${key}]`, key, configMapKey(key));
    bytes += base64Length(binaryData[key] ?? '');
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong(WHOLE, MAX_DATA_BYTES));
  return errors;
};

/** A changed config map; an immutable one keeps its data. */
export const validateConfigMapUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, before] = [object as ConfigMap, old as ConfigMap];
  if (before.immutable === true) {
    const detail = 'field is immutable when `immutable` is set';
    if (next.immutable !== true) errors.push(forbiddenField('immutable', detail));
    if (!isSame(next.data, before.data)) errors.push(forbiddenField('data', detail));
    if (!isSame(next.binaryData, before.binaryData)) errors.push(forbiddenField('binaryData', detail));
  }
  return [...errors, ...validateConfigMap(object)];
};

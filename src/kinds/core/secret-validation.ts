/** Rules of secrets (pkg/apis/core/validation, 1.36). */

import { bytesOfBase64 } from '../../machinery/base64.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from '../../machinery/field-error.ts';
import { jsonSyntaxError } from '../../machinery/json-syntax-error.ts';
import { configMapKey } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkRule, type Errors, isSame } from '../common/checks.ts';
import type { Secret } from '../generated/types.ts';
import { MAX_DATA_BYTES } from './configmap-validation.ts';
import { base64Length } from './data-size.ts';

type Data = Readonly<Record<string, string>>;

const textOf = (value: string): string => new TextDecoder().decode(bytesOfBase64(value));

/** Why Go cannot read a text as a JSON object, or `undefined`. */
const jsonComplaint = (text: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
    const word = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${word} into Go value of type map[string]interface {}`;
  } catch {
    // The engine's own words would not be Go's.
    return jsonSyntaxError(text);
  }
};

const checkConfig = (errors: Errors, data: Data, key: string): void => {
  const value = data[key];
  if (value === undefined) {
    errors.push(required(`data[${key}]`));
    return;
  }
  const complaint = jsonComplaint(textOf(value));
  if (complaint === undefined) return;
  errors.push(invalidValue(`data[${key}]`, '<secret contents redacted>', complaint));
};

const needs =
  (...keys: readonly string[]) =>
  (errors: Errors, data: Data): void => {
    for (const key of keys) if (data[key] === undefined) errors.push(required(`data[${key}]`));
  };

/** What a secret of a type must hold. */
const contents: Readonly<Record<string, (errors: Errors, data: Data) => void>> = {
  'kubernetes.io/dockercfg': (errors, data) => checkConfig(errors, data, '.dockercfg'),
  'kubernetes.io/dockerconfigjson': (errors, data) => checkConfig(errors, data, '.dockerconfigjson'),
  'kubernetes.io/basic-auth': (errors, data) => {
    if (data['username'] === undefined && data['password'] === undefined)
      needs('username', 'password')(errors, data);
  },
  'kubernetes.io/ssh-auth': (errors, data) => {
    if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
  },
  'kubernetes.io/tls': needs('tls.crt', 'tls.key'),
};

const ACCOUNT = 'kubernetes.io/service-account.name';

/** A new secret. */
export const validateSecret = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { data = {}, type = '' } = object as Secret;
  let bytes = 0;
  for (const key of Object.keys(data).sort()) {
    checkRule(errors, `data[${key}]`, key, configMapKey(key));
    bytes += base64Length(data[key] ?? '');
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  if (type === 'kubernetes.io/service-account-token') {
    if (!object.metadata.annotations?.[ACCOUNT]) errors.push(required(`metadata.annotations[${ACCOUNT}]`));
  } else if (Object.hasOwn(contents, type)) contents[type]?.(errors, data);
  return errors;
};

/** A changed secret: its type is fixed, and an immutable one keeps its data. */
export const validateSecretUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, before] = [object as Secret, old as Secret];
  checkImmutable(errors, 'type', next.type ?? '', before.type ?? '');
  if (before.immutable === true) {
    const detail = 'field is immutable when `immutable` is set';
    if (next.immutable !== true) errors.push(forbiddenField('immutable', detail));
    if (!isSame(next.data, before.data)) errors.push(forbiddenField('data', detail));
  }
  return [...errors, ...validateSecret(object)];
};

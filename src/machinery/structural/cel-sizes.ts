/** How large values of a schema can be, for estimates of what rules cost (apiserver pkg/cel/common schemas.go, limits). */

import type { Declared } from '../cel/cost-sizes.ts';
import { escapeName } from './cel-types.ts';
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type Props } from './props.ts';

/** The largest request a server takes. */
const MAX_BYTES = 3 * 1024 * 1024;

const none = (): undefined => undefined;

const scalar = (least: number, max = 0): Declared => ({ max, least, field: none });

const BOOLEAN = scalar(4);
const NUMBER = scalar(1);
const KEY = scalar(2);
const INT_OR_STRING = scalar(1, MAX_BYTES - 2);
const DURATION = scalar(3, 32);
const DATE = scalar(12, 12);
const DATE_TIME = scalar(21, 32);

const positive = (limit: number): number => Math.max(0, limit);

const textOf = (props: Props): Declared => {
  const { maxLength, format, enum: values } = props;
  if (format === 'duration') return DURATION;
  if (format === 'date') return DATE;
  if (format === 'date-time') return DATE_TIME;
  const isBytes = format === 'byte';
  // Characters take up to four bytes.
  if (maxLength !== undefined) return scalar(2, positive(maxLength) * (isBytes ? 1 : 4));
  if (isBytes || values === undefined || values.length === 0) return scalar(2, MAX_BYTES - 2);
  const lengths = values.map((each) =>
    typeof each === 'string' ? new TextEncoder().encode(each).length : 0,
  );
  return scalar(2, Math.max(0, ...lengths));
};

const listOf = (props: Props): Declared | undefined => {
  const items = itemsOf(props);
  const item = items && declaredOf(items);
  if (item === undefined) return undefined;
  const max =
    props.maxItems === undefined ? Math.floor((MAX_BYTES - 2) / (item.least + 1)) : positive(props.maxItems);
  return { max, least: 2, field: none, item };
};

const mapOf = (props: Props, values: Props): Declared | undefined => {
  const item = declaredOf(values);
  if (item === undefined) return undefined;
  const max =
    props.maxProperties === undefined
      ? Math.floor((MAX_BYTES - 2) / (item.least + 6))
      : positive(props.maxProperties);
  return { max, least: 2, field: none, item, key: KEY };
};

const TEXT: Props = { type: 'string' };
const ROOT: Readonly<Record<string, Props>> = {
  apiVersion: TEXT,
  kind: TEXT,
  metadata: { type: 'object', properties: { name: TEXT, generateName: TEXT } },
};

const objectOf = (props: Props, isRoot: boolean): Declared => {
  const properties = isRoot ? { ...props.properties, ...ROOT } : (props.properties ?? {});
  const required = new Set(props.required);
  const fields = new Map<string, Declared>();
  let least = 2;
  for (const [name, inner] of Object.entries(properties)) {
    const declared = declaredOf(inner);
    const escaped = escapeName(name);
    if (declared === undefined) continue;
    if (escaped !== undefined) fields.set(escaped, declared).set(name, declared);
    if (required.has(name) && inner.default === undefined) least += name.length + declared.least + 4;
  }
  return { max: 0, least, field: (name) => fields.get(name) };
};

const make = (props: Props, isRoot: boolean): Declared | undefined => {
  if (isIntOrString(props)) return INT_OR_STRING;
  switch (props.type) {
    case 'array':
      return listOf(props);
    case 'object': {
      const values = additionalOf(props);
      return values === undefined ? objectOf(props, isRoot) : mapOf(props, values);
    }
    case 'string':
      return textOf(props);
    case 'boolean':
      return BOOLEAN;
    case 'number':
    case 'integer':
      return NUMBER;
    default:
      return undefined;
  }
};

const made = new WeakMap<Props, { readonly declared: Declared | undefined }>();

/** What a schema says of its values; `undefined` for those that expressions cannot see. */
const declaredOf = (props: Props): Declared | undefined => {
  const known = made.get(props);
  if (known !== undefined) return known.declared;
  const declared = make(props, isEmbedded(props));
  made.set(props, { declared });
  return declared;
};

/** What is known of `self` for a node; a resource also has its type and name. */
export const declaredSelf = (props: Props, isRoot: boolean): Declared =>
  (isRoot ? make(props, true) : declaredOf(props)) ?? NUMBER;

/** How often a value of at least so many bytes fits into a request. */
export const mostInRequest = (least: number): number => Math.floor(MAX_BYTES / (least + 1));

/** How many values one node has below itself at most; `undefined` when its schema sets no limit. */
export const elementsBelow = (props: Props): number | undefined => {
  const isMap = props.type === 'object' && props.additionalProperties !== undefined;
  if (isMap) return props.maxProperties === undefined ? undefined : positive(props.maxProperties);
  if (props.type !== 'array') return 1;
  return props.maxItems === undefined ? undefined : positive(props.maxItems);
};

/** Types that expressions see of a definition's schema (apiserver pkg/cel/common schemas.go). */

import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectField,
  STRING,
  TIMESTAMP,
} from '../cel/types.ts';
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type Props } from './props.ts';

const KEYWORDS: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const ESCAPES: readonly (readonly [RegExp, string])[] = [
  [/__/g, '__underscores__'],
  [/\./g, '__dot__'],
  [/-/g, '__dash__'],
  [/\//g, '__slash__'],
];

/** A property's name as expressions may write it; `undefined` when it cannot be written. */
export const escapeName = (name: string): string | undefined => {
  if (!/^[a-zA-Z_.\-/][a-zA-Z0-9_.\-/]*$/.test(name)) return undefined;
  if (KEYWORDS.has(name)) return `__${name}__`;
  return ESCAPES.reduce((text, [pattern, written]) => text.replaceAll(pattern, written), name);
};

const textType = (props: Props): CelType => {
  switch (props.format) {
    case 'byte':
      return BYTES;
    case 'date':
    case 'date-time':
      return TIMESTAMP;
    case 'duration':
      return DURATION;
    default:
      return STRING;
  }
};

const METADATA: Props = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

const ROOT: Readonly<Record<string, Props>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: METADATA,
};

const objectType = (props: Props, isRoot: boolean): CelType => {
  const properties: Readonly<Record<string, Props>> =
    isRoot || isEmbedded(props) ? { ...props.properties, ...ROOT } : (props.properties ?? {});
  let fields: Map<string, ObjectField> | undefined;
  const make = (): Map<string, ObjectField> => {
    const made = new Map<string, ObjectField>();
    for (const [jsonName, inner] of Object.entries(properties)) {
      const escaped = escapeName(jsonName);
      const type = celTypeOf(inner);
      if (escaped === undefined || type === undefined) continue;
      made.set(escaped, { type, jsonName });
      // Selections may be written with keywords as they are.
      if (KEYWORDS.has(jsonName) && !made.has(jsonName)) made.set(jsonName, { type, jsonName });
    }
    return made;
  };
  return {
    of: 'object',
    name: 'object',
    field: (name) => {
      fields ??= make();
      return fields.get(name);
    },
  };
};

const made = new WeakMap<Props, CelType>();

/** The type of values of a schema; `undefined` when expressions cannot see them. */
export const celTypeOf = (props: Props, isRoot = false): CelType | undefined => {
  const known = isRoot ? undefined : made.get(props);
  if (known !== undefined) return known;
  const type = convert(props, isRoot);
  if (type !== undefined && !isRoot) made.set(props, type);
  return type;
};

const convert = (props: Props, isRoot: boolean): CelType | undefined => {
  if (isIntOrString(props)) return DYN;
  switch (props.type) {
    case 'array': {
      const items = itemsOf(props);
      const item = items && celTypeOf(items);
      return item && listOf(item);
    }
    case 'object': {
      const additional = additionalOf(props);
      if (additional !== undefined && props.properties === undefined) {
        const value = celTypeOf(additional);
        return value && mapOf(STRING, value);
      }
      return objectType(props, isRoot);
    }
    case 'boolean':
      return BOOL;
    case 'number':
      return DOUBLE;
    case 'integer':
      return INT;
    case 'string':
      return textType(props);
    default:
      return undefined;
  }
};

/** Functions by name with their overloads, written as signatures: `string.contains(string) bool`. */

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
  NULL,
  opaque,
  optionalOf,
  STRING,
  TIMESTAMP,
  UINT,
} from './types.ts';
import {
  CelDuration,
  CelMap,
  CelObject,
  CelOpaque,
  CelOptional,
  CelTime,
  CelTypeValue,
  type CelValue,
  Uint,
} from './values.ts';

/** What an overload does; a target is the first argument. */
export type Run = (...args: readonly CelValue[]) => CelValue;

export interface Overload {
  readonly params: readonly CelType[];
  readonly result: CelType;
  /** True when it is called on its first parameter: `a.f(b)`. */
  readonly member: boolean;
  readonly run: Run;
}

/** Overloads by function name (with its namespace, `sets.contains`). */
export type Functions = ReadonlyMap<string, readonly Overload[]>;

const SIMPLE: Readonly<Record<string, CelType>> = {
  int: INT,
  uint: UINT,
  double: DOUBLE,
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  dyn: DYN,
  timestamp: TIMESTAMP,
  duration: DURATION,
  A: { of: 'param', name: 'A' },
  B: { of: 'param', name: 'B' },
  type: { of: 'type', value: DYN },
  IP: opaque('net.IP'),
  CIDR: opaque('net.CIDR'),
  URL: opaque('kubernetes.URL'),
  Quantity: opaque('kubernetes.Quantity'),
  Semver: opaque('kubernetes.Semver'),
  Format: opaque('kubernetes.NamedFormat'),
  Authorizer: opaque('kubernetes.authorization.Authorizer'),
  PathCheck: opaque('kubernetes.authorization.PathCheck'),
  GroupCheck: opaque('kubernetes.authorization.GroupCheck'),
  ResourceCheck: opaque('kubernetes.authorization.ResourceCheck'),
  Decision: opaque('kubernetes.authorization.Decision'),
};

/** Splits at commas that are in no angle brackets. */
const splitTop = (text: string): readonly string[] => {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === '<') depth += 1;
    else if (char === '>') depth -= 1;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  const rest = text.slice(start);
  return rest.trim() === '' ? parts : [...parts, rest];
};

const parseType = (source: string): CelType => {
  const text = source.trim();
  const generic = /^(list|map|optional)<(.*)>$/.exec(text);
  if (generic) {
    const args = splitTop(generic[2] ?? '').map(parseType);
    const [first = DYN, second = DYN] = args;
    if (generic[1] === 'list') return listOf(first);
    return generic[1] === 'map' ? mapOf(first, second) : optionalOf(first);
  }
  const known = SIMPLE[text];
  if (known === undefined) throw new Error(`unknown type ${text} in a signature`);
  return known;
};

const SIGNATURE = /^(?:(.+)\.)?([A-Za-z0-9_@!?:[\]+*/%<>=&|-]+)\((.*)\) (.+)$/;

const isType = (text: string): boolean => /^(?:list|map|optional)</.test(text) || text in SIMPLE;

/** One overload with the name it goes by. */
export const overload = (signature: string, run: Run): readonly [string, Overload] => {
  const match = SIGNATURE.exec(signature);
  if (match === null) throw new Error(`unreadable signature ${signature}`);
  const [, prefix = '', name = '', params = '', result = ''] = match;
  const member = prefix !== '' && isType(prefix);
  const types = splitTop(params).map(parseType);
  return [
    member || prefix === '' ? name : `${prefix}.${name}`,
    { params: member ? [parseType(prefix), ...types] : types, result: parseType(result), member, run },
  ];
};

/** A table of functions from overloads. */
export const makeFunctions = (overloads: readonly (readonly [string, Overload])[]): Functions => {
  const table = new Map<string, Overload[]>();
  for (const [name, each] of overloads) {
    const list = table.get(name) ?? [];
    list.push(each);
    table.set(name, list);
  }
  return table;
};

/** Whether a value is of a parameter's type, as far as values know theirs. */
export const accepts = (type: CelType, value: CelValue): boolean => {
  switch (type.of) {
    case 'int':
      return typeof value === 'bigint';
    case 'uint':
      return value instanceof Uint;
    case 'double':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'null':
      return value === null;
    case 'timestamp':
      return value instanceof CelTime;
    case 'duration':
      return value instanceof CelDuration;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return value instanceof CelMap || value instanceof CelObject;
    case 'optional':
      return value instanceof CelOptional;
    case 'type':
      return value instanceof CelTypeValue;
    case 'opaque':
      return value instanceof CelOpaque && value.type === type.name;
    case 'object':
      return value instanceof CelObject;
    default:
      return true;
  }
};

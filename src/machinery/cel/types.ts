/** Types of expressions, and how cel-go names them in messages. */

export type CelType =
  | {
      readonly of:
        | 'int'
        | 'uint'
        | 'double'
        | 'bool'
        | 'string'
        | 'bytes'
        | 'null'
        | 'dyn'
        | 'timestamp'
        | 'duration'
        | 'error';
    }
  | { readonly of: 'list'; readonly item: CelType }
  | { readonly of: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly of: 'optional'; readonly value: CelType }
  | { readonly of: 'type'; readonly value: CelType }
  | { readonly of: 'opaque'; readonly name: string }
  | { readonly of: 'param'; readonly name: string }
  | ObjectType;

/** An object with known fields. `fields` is asked when a field is read, because types may contain themselves. */
export interface ObjectType {
  readonly of: 'object';
  readonly name: string;
  readonly field: (name: string) => ObjectField | undefined;
}

/** A field of an object: its type, and the JSON name behind an escaped one. */
export interface ObjectField {
  readonly type: CelType;
  readonly jsonName: string;
}

const simple = <
  Of extends
    | 'int'
    | 'uint'
    | 'double'
    | 'bool'
    | 'string'
    | 'bytes'
    | 'null'
    | 'dyn'
    | 'timestamp'
    | 'duration'
    | 'error',
>(
  of: Of,
): CelType => Object.freeze({ of }) as CelType;

export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const BOOL = simple('bool');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const NULL = simple('null');
export const DYN = simple('dyn');
/** What an empty list or map holds: anything, until something says more. */
export const UNSET: CelType = { of: 'dyn' };
export const TIMESTAMP = simple('timestamp');
export const DURATION = simple('duration');
export const ERROR = simple('error');

export const listOf = (item: CelType): CelType => ({ of: 'list', item });
export const mapOf = (key: CelType, value: CelType): CelType => ({ of: 'map', key, value });
export const optionalOf = (value: CelType): CelType => ({ of: 'optional', value });
export const opaque = (name: string): CelType => ({ of: 'opaque', name });

/** A type as cel-go prints it. */
export const printType = (type: CelType): string => {
  switch (type.of) {
    case 'list':
      return `list(${printType(type.item)})`;
    case 'map':
      return `map(${printType(type.key)}, ${printType(type.value)})`;
    case 'optional':
      return `optional_type(${printType(type.value)})`;
    case 'type':
      return `type(${printType(type.value)})`;
    case 'opaque':
    case 'object':
    case 'param':
      return type.name;
    case 'error':
      return '!error!';
    default:
      return type.of;
  }
};

/** What type parameters stand for while an overload is tried. */
export type Substitution = Map<string, CelType>;

const resolve = (type: CelType, known: Substitution): CelType => {
  let current = type;
  while (current.of === 'param') {
    const next = known.get(current.name);
    if (next === undefined) return current;
    current = next;
  }
  return current;
};

const isDyn = (type: CelType): boolean => type.of === 'dyn' || type.of === 'error';

/** Whether a value of one type may stand where another is wanted; binds type parameters. */
export const assignable = (wanted: CelType, given: CelType, known: Substitution): boolean => {
  const to = resolve(wanted, known);
  const from = resolve(given, known);
  if (to === from || isDyn(to) || isDyn(from)) {
    return true;
  }
  if (to.of === 'param') {
    known.set(to.name, from);
    return true;
  }
  if (from.of === 'param') {
    known.set(from.name, to);
    return true;
  }
  if (from.of === 'null') return to.of === 'null' || NULLABLE.has(to.of);
  if (to.of === 'null') return NULLABLE.has(from.of);
  switch (to.of) {
    case 'list':
      return from.of === 'list' && assignable(to.item, from.item, known);
    case 'map':
      return (
        from.of === 'map' && assignable(to.key, from.key, known) && assignable(to.value, from.value, known)
      );
    case 'optional':
      return from.of === 'optional' && assignable(to.value, from.value, known);
    case 'type':
      return from.of === 'type';
    case 'opaque':
      return from.of === 'opaque' && from.name === to.name;
    case 'object':
      return from.of === 'object' && from.name === to.name;
    default:
      return from.of === to.of;
  }
};

/** Types that `null` belongs to. */
const NULLABLE: ReadonlySet<CelType['of']> = new Set<CelType['of']>([
  'object',
  'timestamp',
  'duration',
  'opaque',
  'optional',
]);

/** A type with its parameters replaced; unbound ones become `dyn`. */
export const substitute = (type: CelType, known: Substitution): CelType => {
  const found = resolve(type, known);
  switch (found.of) {
    case 'param':
      return DYN;
    case 'list':
      return listOf(substitute(found.item, known));
    case 'map':
      return mapOf(substitute(found.key, known), substitute(found.value, known));
    case 'optional':
      return optionalOf(substitute(found.value, known));
    default:
      return found;
  }
};

/** Whether a type has more types inside each other than anybody writes; such are not worth being known. */
export const isDeep = (type: CelType, levels = 32): boolean => {
  let inner = type;
  for (let level = 0; level < levels; level += 1) {
    if (inner.of === 'list') inner = inner.item;
    else if (inner.of === 'map' || inner.of === 'optional' || inner.of === 'type') inner = inner.value;
    else return false;
  }
  return true;
};

/** A type in which another one says what is not known of empty lists and maps. */
export const filled = (type: CelType, by: CelType): CelType => {
  if (type === UNSET) return by;
  if (type.of === 'list' && by.of === 'list') return listOf(filled(type.item, by.item));
  if (type.of === 'map' && by.of === 'map')
    return mapOf(filled(type.key, by.key), filled(type.value, by.value));
  return type.of === 'optional' && by.of === 'optional' ? optionalOf(filled(type.value, by.value)) : type;
};

/** The type both belong to; `dyn` when there is none. */
export const join = (first: CelType, second: CelType): CelType => {
  const left = filled(first, second);
  const right = filled(second, first);
  if (left.of === 'error' || isDyn(right)) return left.of === 'error' ? right : DYN;
  const known: Substitution = new Map();
  return assignable(left, right, known) && left.of !== 'dyn' ? substitute(left, known) : DYN;
};

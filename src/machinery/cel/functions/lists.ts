/** Functions that make lists of lists (cel-go ext/lists.go, version 3). */

import { overload } from '../overloads.ts';
import { CelError, CelOptional, type CelValue, equals, NONE } from '../values.ts';
import { compareValues } from './standard.ts';

const list = (value: CelValue | undefined): readonly CelValue[] => value as readonly CelValue[];
const number = (value: CelValue | undefined): number => Number(value as bigint);

const SORTABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

const slice = (items: CelValue, from: CelValue, to: CelValue): CelValue => {
  const [start, end] = [number(from), number(to)];
  const refuse = (why: string): never => {
    throw new CelError(`cannot slice(${start}, ${end}), ${why}`);
  };
  if (start < 0 || end < 0) refuse('negative indexes not supported');
  if (start > end) refuse('start index must be less than or equal to end index');
  if (end > list(items).length) refuse(`list is length ${list(items).length}`);
  return list(items).slice(start, end);
};

const flatten = (items: readonly CelValue[], depth: number): CelValue[] =>
  items.flatMap((item) =>
    Array.isArray(item) && depth > 0 ? flatten(item as CelValue[], depth - 1) : [item],
  );

const flattenTo = (items: CelValue, depth: CelValue): CelValue => {
  if (number(depth) < 0) throw new CelError('level must be non-negative');
  return flatten(list(items), number(depth));
};

const TOO_MUCH = 'operation cancelled: actual cost limit exceeded';
/** How many lists and objects may be compared with each other. */
const MAX_COMPARED = 1000;

/** Each item once. Texts and whole numbers are told apart at a glance, everything else is compared. */
const distinct = (items: CelValue): CelValue => {
  const seen = new Set<CelValue>();
  const others: CelValue[] = [];
  return list(items).filter((item) => {
    if (typeof item === 'string' || typeof item === 'bigint') {
      const isNew =
        !seen.has(item) && !(typeof item === 'bigint' && others.some((other) => equals(other, item)));
      seen.add(item);
      return isNew;
    }
    if (others.length >= MAX_COMPARED) throw new CelError(TOO_MUCH);
    if (others.some((other) => equals(other, item))) return false;
    if (typeof item === 'number' && Number.isSafeInteger(item) && seen.has(BigInt(item))) return false;
    others.push(item);
    return true;
  });
};

/** Items in the order of their keys; those with equal keys stay in place. */
const sortBy = (items: CelValue, keys: CelValue): CelValue =>
  list(keys)
    .map((key, index) => ({ key, item: list(items)[index] as CelValue }))
    .sort((a, b) => compareValues(a.key, b.key))
    .map(({ item }) => item);

const MAX_RANGE = 1_000_000;

const range = (end: CelValue): CelValue => {
  if (number(end) > MAX_RANGE) throw new CelError(TOO_MUCH);
  return Array.from({ length: Math.max(0, number(end)) }, (_, index) => BigInt(index));
};

const at = (items: CelValue, index: number): CelValue => {
  const item = list(items).at(index);
  return item === undefined ? NONE : new CelOptional(item);
};

/** Overloads on lists. */
export const listFunctions = [
  overload('list<A>.slice(int, int) list<A>', slice),
  overload('list<list<A>>.flatten() list<A>', (items) => flatten(list(items), 1)),
  overload('list<dyn>.flatten(int) list<dyn>', flattenTo),
  overload('lists.range(int) list<int>', range),
  overload('list<A>.reverse() list<A>', (items) => [...list(items)].reverse()),
  overload('list<A>.distinct() list<A>', distinct),
  overload('list<A>.first() optional<A>', (items) => at(items, 0)),
  overload('list<A>.last() optional<A>', (items) => at(items, -1)),
  ...SORTABLE.flatMap((type) => [
    overload(`list<${type}>.sort() list<${type}>`, (items) => sortBy(items, items)),
    overload(`list<A>.@sortByAssociatedKeys(list<${type}>) list<A>`, sortBy),
  ]),
];

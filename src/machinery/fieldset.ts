/**
 * Sets of field paths in the form the wire has (FieldsV1, structured-merge-diff v6 fieldpath): a tree whose keys are
 * path elements. `f:name` is a field, `k:{...}` a list item by its keys, `v:...` a set's item by its value, `i:0` an
 * item by place. A node without keys is a member of the set; a node with keys is one only when `.` is among them.
 * Trees are never written to: the operations share what they do not change, and return their first argument itself
 * when nothing changes. Elements stand in no order until a set is written down or its paths are told.
 */

/** A set of paths. At the root `{}` is the empty set; anywhere below, `{}` is a member without members below it. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A set under construction. */
export type FieldSetDraft = { [element: string]: FieldSet };

/** A member without members below it; also the empty set at a root. */
export const LEAF: FieldSet = Object.freeze({});

/** The empty set. */
export const EMPTY: FieldSet = LEAF;

const SELF = '.';

/** True when there is nothing in a set (at the root), or nothing below a member. */
export const isEmpty = (set: FieldSet): boolean => {
  for (const _ in set) return false;
  return true;
};

/** Whether a node (not a root) is itself a member. */
export const isMember = (node: FieldSet): boolean => node[SELF] !== undefined || isEmpty(node);

/** The node made a member. */
export const asMember = (node: FieldSet): FieldSet => (isMember(node) ? node : { [SELF]: LEAF, ...node });

const rank = (element: string): number => 'fkvi'.indexOf(element.charAt(0));

const compareValues = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const order = (value: unknown): number => ['number', 'string', 'boolean'].indexOf(typeof value);
  return typeof left === typeof right ? Number(left) - Number(right) : order(left) - order(right);
};

const parseTail = (element: string): unknown => {
  try {
    return JSON.parse(element.slice(2));
  } catch {
    return undefined;
  }
};

const keysOf = (element: string): readonly (readonly [string, unknown])[] => {
  const keys = parseTail(element);
  return typeof keys === 'object' && keys !== null ? Object.entries(keys) : [];
};

const compareKeys = (left: string, right: string): number => {
  const ours = keysOf(left);
  const theirs = keysOf(right);
  for (let index = 0; index < Math.min(ours.length, theirs.length); index++) {
    const [name = '', value] = ours[index] ?? [];
    const [otherName = '', other] = theirs[index] ?? [];
    const order = compareValues(name, otherName) || compareValues(value, other);
    if (order !== 0) return order;
  }
  return ours.length - theirs.length;
};

/** Order of path elements: `.`, fields by name, items by key, by value, by place. */
export const compareElements = (left: string, right: string): number => {
  const kind = left.charCodeAt(0);
  if (kind !== right.charCodeAt(0)) return rank(left) - rank(right);
  if (kind === 0x6b) return compareKeys(left, right);
  if (kind === 0x76 || kind === 0x69) return compareValues(parseTail(left), parseTail(right));
  return left < right ? -1 : left > right ? 1 : 0;
};

/** The node with its elements in order; itself when they are. Not recursive. */
export const inOrder = (node: FieldSet): FieldSet => {
  let last = '';
  for (const element in node) {
    // Texts tell the order of all but keys and values, which may hold numbers.
    const isSettled = last < element && last.charCodeAt(0) < 0x67;
    if (!isSettled && last !== '' && compareElements(last, element) > 0) {
      const sorted: FieldSetDraft = {};
      for (const name of Object.keys(node).sort(compareElements)) sorted[name] = node[name] as FieldSet;
      return sorted;
    }
    last = element;
  }
  return node;
};

/**
 * The set with the elements of every node in order; itself when they are. Frozen nodes come from stored objects and
 * are taken to be so.
 */
export const inOrderThroughout = (set: FieldSet): FieldSet => {
  let ordered = inOrder(set);
  for (const element in ordered) {
    const node = ordered[element] as FieldSet;
    const sorted = node === LEAF || Object.isFrozen(node) ? node : inOrderThroughout(node);
    if (sorted === node) continue;
    if (ordered === set) ordered = { ...set };
    (ordered as FieldSetDraft)[element] = sorted;
  }
  return ordered;
};

const unite = (left: FieldSet, right: FieldSet): FieldSet => {
  let merged: FieldSetDraft | undefined;
  for (const element in right) {
    const theirs = right[element] as FieldSet;
    const ours = left[element];
    const both = ours === undefined ? theirs : unionNodes(ours, theirs);
    if (both === ours) continue;
    merged ??= { ...left };
    merged[element] = both;
  }
  return merged ?? left;
};

const unionNodes = (left: FieldSet, right: FieldSet): FieldSet => {
  if (left === right) return left;
  if (isEmpty(left)) return asMember(right);
  if (isEmpty(right)) return asMember(left);
  return unite(left, right);
};

/** Paths in either set. */
export const union = (left: FieldSet, right: FieldSet): FieldSet => {
  if (left === right || isEmpty(right)) return left;
  return isEmpty(left) ? right : unite(left, right);
};

/** A node rebuilt from what is kept of it; `undefined` when that is nothing. */
const settled = (kept: FieldSet): FieldSet | undefined => {
  let count = 0;
  for (const _ in kept) count++;
  if (count === 0) return undefined;
  return count === 1 && kept[SELF] !== undefined ? LEAF : kept;
};

type Subtract = (node: FieldSet, other: FieldSet) => FieldSet | undefined;

const subtractBelow = (node: FieldSet, other: FieldSet, subtract: Subtract): FieldSet => {
  let kept: FieldSetDraft | undefined;
  for (const element in other) {
    if (element === SELF) continue;
    const ours = node[element];
    if (ours === undefined) continue;
    const rest = subtract(ours, other[element] as FieldSet);
    if (rest === ours) continue;
    kept ??= { ...node };
    if (rest === undefined) delete kept[element];
    else kept[element] = rest;
  }
  return kept ?? node;
};

const differenceNodes: Subtract = (node, other) => {
  if (isEmpty(node)) return isMember(other) ? undefined : node;
  let kept = subtractBelow(node, other, differenceNodes);
  if (isMember(other) && kept[SELF] !== undefined) {
    const { [SELF]: _self, ...rest } = kept;
    kept = rest;
  }
  return kept === node ? node : settled(kept);
};

const recursiveDifferenceNodes: Subtract = (node, other) => {
  if (isMember(other)) return undefined;
  const kept = subtractBelow(node, other, recursiveDifferenceNodes);
  return kept === node ? node : settled(kept);
};

/** Paths of the first set that are not in the second; members below a removed path stay. */
export const difference = (left: FieldSet, right: FieldSet): FieldSet =>
  isEmpty(left) || isEmpty(right) ? left : subtractBelow(left, right, differenceNodes);

/** Paths of the first set that are neither in the second nor below a path of it. */
export const recursiveDifference = (left: FieldSet, right: FieldSet): FieldSet =>
  isEmpty(left) || isEmpty(right) ? left : subtractBelow(left, right, recursiveDifferenceNodes);

/** Any element, in a pattern. */
const ANY = '*';

/**
 * Paths of a set on the way to a path of the pattern, or below one (upstream's FilterIncludeMatches). A pattern is a set
 * in which `*` stands for any element.
 */
export const matching = (set: FieldSet, pattern: FieldSet): FieldSet => {
  if (isEmpty(pattern)) return set;
  const kept: FieldSetDraft = {};
  for (const element in set) {
    const inner = element === SELF ? LEAF : (pattern[element] ?? pattern[ANY]);
    const node = set[element] as FieldSet;
    if (inner === undefined) continue;
    const below = matching(node, inner);
    if (!isEmpty(below) || isMember(node)) kept[element] = below;
  }
  return kept;
};

const intersectBelow = (left: FieldSet, right: FieldSet): FieldSetDraft => {
  const common: FieldSetDraft = {};
  for (const element in left) {
    const theirs = right[element];
    if (element === SELF || theirs === undefined) continue;
    const both = intersectNodes(left[element] as FieldSet, theirs);
    if (both !== undefined) common[element] = both;
  }
  return common;
};

const intersectNodes = (left: FieldSet, right: FieldSet): FieldSet | undefined => {
  if (left === right) return left;
  const below = intersectBelow(left, right);
  const member = isMember(left) && isMember(right);
  if (isEmpty(below)) return member ? LEAF : undefined;
  return member ? { [SELF]: LEAF, ...below } : below;
};

/** Paths in both sets. */
export const intersection = (left: FieldSet, right: FieldSet): FieldSet =>
  left === right ? left : intersectBelow(left, right);

/** Whether a path is in a set. */
export const hasPath = (set: FieldSet, path: readonly string[]): boolean => {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return node !== undefined && path.length > 0 && isMember(node);
};

/** The set of one path. */
export const setOfPath = (path: readonly string[]): FieldSet => {
  let node: FieldSet = LEAF;
  for (let index = path.length - 1; index >= 0; index--) node = { [path[index] ?? '']: node };
  return node;
};

/** A set of dotted field paths, e.g. `metadata.labels`. */
export const setOfFields = (paths: readonly string[]): FieldSet =>
  paths.reduce<FieldSet>(
    (set, path) => union(set, setOfPath(path.split('.').map((name) => `f:${name}`))),
    EMPTY,
  );

/** Calls `each` with every path of a set: members of a node before those further down, each level in order. */
export const forEachPath = (
  set: FieldSet,
  each: (path: readonly string[]) => void,
  prefix: readonly string[] = [],
): void => {
  const elements = Object.keys(inOrder(set)).filter((element) => element !== SELF);
  for (const element of elements) if (isMember(set[element] as FieldSet)) each([...prefix, element]);
  for (const element of elements) {
    const node = set[element] as FieldSet;
    if (!isEmpty(node)) forEachPath(node, each, [...prefix, element]);
  }
};

const printValue = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value);

const printElement = (element: string): string => {
  switch (element.charAt(0)) {
    case 'f':
      return `.${element.slice(2)}`;
    case 'k':
      return `[${keysOf(element)
        .map(([name, value]) => `${name}=${printValue(value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${printValue(parseTail(element))}]`;
    default:
      return `[${element.slice(2)}]`;
  }
};

/** A path as conflicts show it: `.spec.containers[name="web"].image`. */
export const printPath = (path: readonly string[]): string => path.map(printElement).join('');

const HTML: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

// Names, addresses, times: what most keys are made of.
const PLAIN = /^[\w.:/ -]*$/;

/** JSON text as Go's encoder writes it, which escapes what could be HTML. */
export const printGoJson = (value: unknown): string => {
  if (typeof value === 'string' && PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (found) => HTML[found] ?? found);
};

/** The element of a set's item. */
export const valueElement = (value: unknown): string => `v:${printGoJson(value)}`;

/** The element of a list item; `keys` in name order. */
export const keyElement = (keys: readonly (readonly [name: string, value: unknown])[]): string => {
  let text = '';
  for (const [name, value] of keys) {
    if (text !== '') text += ',';
    text += `${printGoJson(name)}:${printGoJson(value)}`;
  }
  return `k:{${text}}`;
};

/** An element in the one form it has here; `undefined` for a kind that is not known. Throws for malformed ones. */
const readElement = (text: string): string | undefined => {
  if (text.length < 2 || text.charAt(1) !== ':') throw new TypeError(`no path element: ${text}`);
  switch (text.charAt(0)) {
    case 'f':
      return text;
    case 'v':
      return valueElement(JSON.parse(text.slice(2)));
    case 'i':
      if (!/^i:[+-]?\d+$/.test(text)) throw new TypeError(`no path element: ${text}`);
      return `i:${Number(text.slice(2))}`;
    case 'k': {
      const keys: unknown = JSON.parse(text.slice(2));
      if (typeof keys !== 'object' || keys === null || Array.isArray(keys))
        throw new TypeError(`no path element: ${text}`);
      return keyElement(Object.entries(keys).sort(([left], [right]) => compareValues(left, right)));
    }
    default:
      return undefined;
  }
};

/**
 * Reads a set as clients send it: elements are brought to their one form, unknown kinds of elements are dropped.
 * `undefined` when it is malformed.
 */
export const readFieldSet = (value: unknown): FieldSet | undefined => {
  try {
    return readNode(value) ?? EMPTY;
  } catch {
    return undefined;
  }
};

const readNode = (value: unknown): FieldSet | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('no field set');
  const node: FieldSetDraft = {};
  for (const [name, below] of Object.entries(value)) {
    if (name === SELF) {
      node[SELF] = LEAF;
      continue;
    }
    const element = readElement(name);
    if (element !== undefined) node[element] = readNode(below) ?? LEAF;
  }
  return settled(inOrder(node));
};

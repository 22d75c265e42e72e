/**
 * Strategic merge patch: merge driven by the schema's patch strategies and merge keys and by the patch's own
 * directives (apimachinery util/strategicpatch, release 1.36).
 */
import { cloneJson } from './deep.ts';
import { printGoType, printGoValue, printJsonKind } from './go-print.ts';
import type { Field, Schema } from './schema.ts';
import { badRequest, makeStatus, StatusError } from './status.ts';
import { isObject, type JsonObject, keyValue, unclassified, wrongType } from './strategic-errors.ts';
import { mergeOrder, partitionByPresence } from './strategic-order.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList';
const SET_ORDER = '$setElementOrder';

const asList = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  throw wrongType('[]interface {}', value);
};

/** How a field is merged: the schema below it, its strategy and its key. */
interface PatchMeta {
  readonly schema: Schema | undefined;
  readonly strategy: 'merge' | 'replace' | undefined;
  readonly mergeKey: string | undefined;
}

const strategyOf = (field: Field): PatchMeta['strategy'] =>
  field.patchStrategy?.find((name): name is 'merge' | 'replace' => name !== 'retainKeys');

const simpleName = (schema: Schema): string => schema.name?.slice(schema.name.lastIndexOf('.') + 1) ?? '';

const lookup = (schema: Schema | undefined, key: string): PatchMeta => {
  const field = schema?.fields?.get(key);
  if (field) return { schema: field.schema, strategy: strategyOf(field), mergeKey: field.patchMergeKey };
  if (schema?.type === 'map') return { schema: schema.items, strategy: undefined, mergeKey: undefined };
  if (schema?.type === 'object') {
    throw unclassified(
      `unable to find api field in struct ${simpleName(schema)} for the json field ${JSON.stringify(key)}`,
    );
  }
  return { schema: undefined, strategy: undefined, mergeKey: undefined };
};

const lookupList = (schema: Schema | undefined, key: string): PatchMeta => {
  const meta = lookup(schema, key);
  if (meta.schema && meta.schema.type !== 'array') {
    throw unclassified('expected slice or array type, but got: struct');
  }
  return meta;
};

/** Nulls in what is taken over whole mean absence; lists are searched too. */
const dropNulls = (value: unknown): void => {
  if (Array.isArray(value)) {
    value.forEach(dropNulls);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === null) delete value[key];
      else dropNulls(value[key]);
    }
  }
};

/** What remains of a taken-over value without `$patch` objects; `undefined` when nothing does. */
const withoutDirectives = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]);
    if (kept === undefined) delete value[key];
    else value[key] = kept;
  }
  return value;
};

const take = (target: JsonObject, key: string, value: unknown): void => {
  dropNulls(value);
  const kept = withoutDirectives(value);
  if (kept === undefined) delete target[key];
  else target[key] = kept;
};

const sameKind = (left: unknown, right: unknown): boolean =>
  left !== null && right !== null && printGoType(left) === printGoType(right);

const applyRetainKeys = (original: JsonObject, patch: JsonObject): void => {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const retain = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(retain)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(retain);
  for (const key of Object.keys(patch)) {
    const directive = key.startsWith(DELETE_PRIMITIVES) || key.startsWith(SET_ORDER);
    if (patch[key] !== null && !directive && !kept.has(key)) {
      throw badRequest('invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
};

/** The field a parallel directive (`prefix/field`) speaks of. */
const directiveField = (key: string, prefix: string, what: string): string => {
  const slash = key.indexOf('/');
  if (slash < 0 || key.slice(0, slash) !== prefix) throw badRequest(`invalid patch format of ${what}`);
  return key.slice(slash + 1);
};

/** Items of the patch must stand in the order that `$setElementOrder` gives; deletions are ignored. */
const checkOrder = (patchList: unknown[], order: unknown[], mergeKey: string | undefined): void => {
  if (order.length === 0 || patchList.length === 0) return;
  let items = patchList;
  if (mergeKey !== undefined) {
    for (const item of patchList) if (!isObject(item)) throw wrongType('map[string]interface {}', item);
    items = patchList.filter((item) => !(isObject(item) && item[PATCH] === 'delete'));
  }
  let at = 0;
  let position = 0;
  while (at < items.length && position < order.length) {
    const item = items[at];
    if (isObject(item) && Object.hasOwn(item, PATCH)) {
      at++;
      continue;
    }
    const equal =
      mergeKey === undefined
        ? item === order[position]
        : keyValue(item, mergeKey) === keyValue(order[position], mergeKey);
    if (equal) at++;
    position++;
  }
  if (at < items.length && position >= order.length) {
    throw unclassified(
      `The order in patch list:\n${printGoValue(patchList)}\n doesn't match ${SET_ORDER} list:\n${printGoValue(order)}\n`,
    );
  }
};

/** The common kind of all items: upstream refuses lists of lists and mixed lists. */
const itemKind = (...lists: readonly unknown[][]): 'map' | 'scalar' => {
  let first: unknown;
  for (const item of lists.flat()) {
    if (first === undefined) {
      first = item;
      if (Array.isArray(item)) {
        throw new StatusError(
          makeStatus(422, 'Invalid', 'the server rejected our request due to an error in our request', {}),
        );
      }
    } else if (!sameKind(first, item)) {
      throw unclassified(`list element types are not identical: ${printGoValue(lists)}`);
    }
  }
  if (first === undefined || first === null) throw unclassified('no elements in any of the given slices');
  return isObject(first) ? 'map' : 'scalar';
};

/** Handles each `$setElementOrder/x` together with the list `x`, and takes both out of the patch. */
const applyElementOrders = (original: JsonObject, patch: JsonObject, schema: Schema | undefined): void => {
  for (const key of Object.keys(patch).filter((name) => name.startsWith(SET_ORDER))) {
    const order = asList(patch[key]);
    delete patch[key];
    const name = directiveField(key, SET_ORDER, 'setElementOrder list');
    const inOriginal = Object.hasOwn(original, name);
    const inPatch = Object.hasOwn(patch, name);
    const live = inOriginal ? asList(original[name]) : [];
    const change = inPatch ? asList(patch[name]) : [];
    const meta = lookupList(schema, name);
    checkOrder(change, order, meta.mergeKey);
    if (!inOriginal && !inPatch) continue;
    const liveOrder = [...live];
    let merged = live;
    if (inPatch) {
      merged = inOriginal ? mergeList(live, change, meta, false) : (withoutDirectives(change) as unknown[]);
    }
    const { present, absent } = partitionByPresence(merged, order, meta.mergeKey);
    const kind = itemKind(liveOrder, change);
    original[name] = mergeOrder(present, absent, order, liveOrder, meta.mergeKey, kind);
    delete patch[name];
  }
};

/** Scalars without repeats, in upstream's order: the last item moves into the gap. */
const distinctScalars = (items: unknown[]): unknown[] => {
  const kept = [...items];
  for (let i = 0; i < kept.length - 1; i++) {
    for (let j = i + 1; j < kept.length; j++) {
      if (kept[i] === kept[j]) {
        const last = kept.pop();
        if (j < kept.length) kept[j] = last;
        j--;
      }
    }
  }
  return kept;
};

const findByKey = (items: readonly unknown[], mergeKey: string, value: unknown): number =>
  items.findIndex((item, i) => {
    if (!isObject(item)) throw unclassified(`value for key ${i} is not a map.`);
    return Object.hasOwn(item, mergeKey) && item[mergeKey] === value;
  });

/** Carries out `$patch` items of a list: deletions, and whether the list is replaced. */
const applyListDirectives = (
  live: unknown[],
  change: readonly unknown[],
  mergeKey: string,
): { live: unknown[]; change: unknown[] } => {
  const plain: unknown[] = [];
  let kept = live;
  let replaced = false;
  for (const item of change as JsonObject[]) {
    const directive = item[PATCH];
    if (!Object.hasOwn(item, PATCH)) plain.push(item);
    else if (directive === 'delete') {
      const value = keyValue(item, mergeKey);
      for (let i = findByKey(kept, mergeKey, value); i >= 0; i = findByKey(kept, mergeKey, value)) {
        kept = [...kept.slice(0, i), ...kept.slice(i + 1)];
      }
    } else if (directive === 'replace') replaced = true;
    else if (directive === 'merge') throw unclassified('merging lists cannot yet be specified in the patch');
    else throw badDirective(item);
  }
  return replaced ? { live: plain, change: [] } : { live: kept, change: plain };
};

const badDirective = (item: JsonObject): StatusError =>
  unclassified(`unknown patch type: ${printGoValue(item[PATCH])} in map: ${printGoValue(item)}`);

const mergeItems = (
  live: unknown[],
  change: readonly unknown[],
  mergeKey: string,
  schema: Schema | undefined,
): unknown[] => {
  const merged = [...live];
  for (const item of change as JsonObject[]) {
    const at = findByKey(merged, mergeKey, keyValue(item, mergeKey));
    if (at < 0) merged.push(item);
    else merged[at] = mergeObject(merged[at] as JsonObject, item, schema);
  }
  return merged;
};

const mergeList = (original: unknown[], patch: unknown[], meta: PatchMeta, deletion: boolean): unknown[] => {
  // Items are deleted by value whatever the strategy of the list.
  if (meta.strategy !== 'merge' && !deletion) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const kind = itemKind(original, patch);
  const { mergeKey } = meta;
  let live = original;
  let change = patch;
  let merged: unknown[];
  if (kind === 'scalar') {
    if (deletion) return live.filter((item) => !change.includes(item));
    merged = distinctScalars([...live, ...change]);
  } else {
    if (mergeKey === undefined) {
      throw unclassified(
        `cannot merge lists without merge key for type ${meta.schema?.items?.type === 'map' ? 'map' : 'struct'}`,
      );
    }
    ({ live, change } = applyListDirectives(live, change, mergeKey));
    merged = mergeItems(live, change, mergeKey, meta.schema?.items);
  }
  const { present, absent } = partitionByPresence(merged, change, mergeKey);
  return mergeOrder(present, absent, change, live, mergeKey, kind);
};

const mergeField = (
  original: JsonObject,
  patch: JsonObject,
  key: string,
  schema: Schema | undefined,
): void => {
  const deletion = key.startsWith(DELETE_PRIMITIVES);
  const name = deletion ? directiveField(key, DELETE_PRIMITIVES, 'primitive list') : key;
  const change = patch[key];
  if (change === null) {
    delete original[name];
    return;
  }
  const live = original[name];
  if (!Object.hasOwn(original, name) || !sameKind(live, change)) {
    if (!deletion) take(original, name, change);
  } else if (isObject(change)) {
    const meta = lookup(schema, name);
    original[name] =
      meta.strategy === 'replace' ? change : mergeObject(live as JsonObject, change, meta.schema);
  } else if (Array.isArray(change)) {
    original[name] = mergeList(live as unknown[], change, lookupList(schema, name), deletion);
  } else {
    original[name] = change;
  }
};

/** Merges in place; both arguments belong to the merge. */
const mergeObject = (original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject => {
  if (Object.hasOwn(patch, PATCH)) {
    if (patch[PATCH] === 'replace') {
      delete patch[PATCH];
      return patch;
    }
    if (patch[PATCH] === 'delete') return {};
    throw badDirective(patch);
  }
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, schema);
  for (const key of Object.keys(patch)) mergeField(original, patch, key, schema);
  return original;
};

/** Reads a parsed body as a strategic merge patch; 400 unless it is an object. */
export const decodeStrategicPatch = (body: unknown): Readonly<Record<string, unknown>> => {
  if (isObject(body)) return body;
  throw badRequest(
    `json: cannot unmarshal ${printJsonKind(body)} into Go value of type map[string]interface {}`,
  );
};

/**
 * The document merged with the patch by the kind's schema, as a fresh copy. Malformed directives are refused
 * with upstream's codes and texts: 400 for a bad format, a bare 500 for what upstream does not classify. `consumed` is
 * told what merging left of the patch, which is what upstream prints when the outcome is refused.
 */
export const applyStrategicPatch = (
  document: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
  schema: Schema,
  consumed: (rest: Readonly<Record<string, unknown>>) => void = () => {},
): Record<string, unknown> => {
  const own = cloneJson(patch) as JsonObject;
  const merged = mergeObject(cloneJson(document) as JsonObject, own, schema);
  consumed(own);
  return merged;
};

/** The order of a merged list: what the patch names as the patch orders it, woven into the live order. */

import { isObject, keyValue } from './strategic-errors.ts';

type Kind = 'map' | 'scalar';

const identity = (item: unknown, mergeKey: string | undefined): unknown => {
  if (mergeKey === undefined) return item;
  return isObject(item) ? item[mergeKey] : undefined;
};

const positionIn = (list: readonly unknown[], item: unknown, mergeKey: string | undefined): number => {
  const wanted = identity(item, mergeKey);
  return list.findIndex((candidate) => identity(candidate, mergeKey) === wanted);
};

/** Splits items into those that `reference` names, by merge key or by value, and the others. */
export const partitionByPresence = (
  items: readonly unknown[],
  reference: readonly unknown[],
  mergeKey: string | undefined,
): { present: unknown[]; absent: unknown[] } => {
  if (mergeKey !== undefined) for (const item of items) keyValue(item, mergeKey);
  const present: unknown[] = [];
  const absent: unknown[] = [];
  for (const item of items) (positionIn(reference, item, mergeKey) >= 0 ? present : absent).push(item);
  return { present, absent };
};

/** Insertion sort by position in `order`; an item that `order` lacks counts as smaller, as upstream has it. */
const sortByOrder = (
  items: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] => {
  if (mergeKey !== undefined) for (const item of [...items, ...order]) keyValue(item, mergeKey);
  const ranked = items.map((item) => ({ item, rank: positionIn(order, item, mergeKey) }));
  for (let i = 1; i < ranked.length; i++) {
    for (let j = i; j > 0; j--) {
      const lower = ranked[j - 1];
      const upper = ranked[j];
      if (!lower || !upper) break;
      if (upper.rank >= 0 && lower.rank >= 0 && upper.rank >= lower.rank) break;
      ranked[j - 1] = upper;
      ranked[j] = lower;
    }
  }
  return ranked.map(({ item }) => item);
};

/**
 * Weaves the items only the server has into the patched ones: each keeps its place before the first patched
 * item that stood after it in the live list.
 */
export const mergeOrder = (
  patched: readonly unknown[],
  serverOnly: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
  kind: Kind,
): unknown[] => {
  const key = kind === 'map' ? mergeKey : undefined;
  const right = sortByOrder(patched, patchOrder, key);
  const left = sortByOrder(serverOnly, serverOrder, key);
  const woven: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i >= left.length) woven.push(right[j++]);
    else if (j >= right.length) woven.push(left[i++]);
    else {
      const before = positionIn(serverOrder, left[i], key);
      const after = positionIn(serverOrder, right[j], key);
      if (before >= 0 && after >= 0 && before < after) woven.push(left[i++]);
      else woven.push(right[j++]);
    }
  }
  return woven;
};

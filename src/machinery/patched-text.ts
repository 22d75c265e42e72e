/**
 * The text upstream shows of a document it could not decode after patching. Its patch library keeps parts it did not
 * look into as they were written and prints those it did with sorted keys.
 */
import { printGoJson } from './fieldset.ts';
import type { Draft } from './object.ts';
import { setOwn } from './zero.ts';

/** Parts that were looked into, by name; `whole` for a part that was taken apart entirely. */
interface Visited {
  readonly below: Map<string, Visited>;
  whole: boolean;
}

const makeVisited = (): Visited => ({ below: new Map(), whole: false });

const enter = (visited: Visited, name: string): Visited => {
  const known = visited.below.get(name) ?? makeVisited();
  visited.below.set(name, known);
  return known;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const WHOLE: Visited = { below: new Map(), whole: true };

const inPrintedOrder = (value: unknown, visited: Visited | undefined): unknown => {
  if (visited === undefined) return value;
  const inner = (name: string): Visited | undefined => (visited.whole ? WHOLE : visited.below.get(name));
  if (Array.isArray(value)) return value.map((item, index) => inPrintedOrder(item, inner(String(index))));
  if (!isRecord(value)) return value;
  const sorted: Draft = {};
  for (const name of Object.keys(value).sort())
    setOwn(sorted, name, inPrintedOrder(value[name], inner(name)));
  return sorted;
};

const unescapePart = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** Enters the containers on the way to a JSON pointer's target; answers with the last one and the target's name. */
const visitPointer = (root: Visited, pointer: string): readonly [container: Visited, name: string] => {
  const parts = pointer.split('/').slice(1).map(unescapePart);
  let visited = root;
  for (const part of parts.slice(0, -1)) visited = enter(visited, part);
  return [visited, parts.at(-1) ?? ''];
};

/** What was looked into of a part goes along when it is copied or moved. */
const carry = (source: Visited | undefined, container: Visited, name: string): void => {
  if (source !== undefined) container.below.set(name, structure(source));
};

const structure = (visited: Visited): Visited => ({
  whole: visited.whole,
  below: new Map([...visited.below].map(([name, below]) => [name, structure(below)])),
});

/** A document without a Go type: all of it has sorted keys. */
export const printUntyped = (patched: unknown): string => printGoJson(inPrintedOrder(patched, WHOLE));

/** A document after a JSON patch. */
export const printJsonPatched = (
  patched: unknown,
  operations: readonly { readonly path?: unknown; readonly from?: unknown }[],
): string => {
  const root = makeVisited();
  for (const { path, from } of operations) {
    const source = typeof from === 'string' ? visitPointer(root, from) : undefined;
    const target = typeof path === 'string' ? visitPointer(root, path) : undefined;
    if (source !== undefined && target !== undefined) carry(source[0].below.get(source[1]), ...target);
  }
  return printGoJson(inPrintedOrder(patched, root));
};

const visitMerge = (visited: Visited, patch: Readonly<Record<string, unknown>>, before: unknown): void => {
  for (const [name, value] of Object.entries(patch)) {
    const old = isRecord(before) ? before[name] : undefined;
    const below = enter(visited, name);
    if (isRecord(value) && isRecord(old)) visitMerge(below, value, old);
    else below.whole = true;
  }
};

/** A document after a merge patch. */
export const printMergePatched = (patched: unknown, patch: unknown, before: unknown): string => {
  const root = makeVisited();
  if (isRecord(patch)) visitMerge(root, patch, before);
  return printGoJson(inPrintedOrder(patched, root));
};

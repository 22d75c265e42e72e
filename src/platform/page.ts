import { badRequestProblem } from './problem.ts';

/** One page of a list, as every list of the control API is printed. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/** Where a page starts (exclusive) and how long it is. */
export interface PageRequest {
  readonly limit: number;
  readonly after: { readonly createdAt: number; readonly id: string } | undefined;
}

const DEFAULT_LIMIT = 50;
const MAXIMUM_LIMIT = 500;

/** Reads `?limit=&cursor=`. Throws a 400 problem for a limit outside 1..500 or a cursor we did not make. */
export const parsePageRequest = (query: URLSearchParams): PageRequest => {
  const limitText = query.get('limit');
  const limit = limitText === null ? DEFAULT_LIMIT : Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_LIMIT) {
    throw badRequestProblem(`limit must be a whole number from 1 to ${MAXIMUM_LIMIT}`);
  }
  const cursor = query.get('cursor');
  if (cursor === null || cursor === '') return { limit, after: undefined };
  const match = /^(\d{1,15})_([a-z0-9]{1,64})$/.exec(cursor);
  if (match === null) throw badRequestProblem('cursor is not one that a list returned');
  return { limit, after: { createdAt: Number(match[1]), id: match[2] ?? '' } };
};

/** Makes a page from `limit + 1` rows asked for: the extra one only tells that there are more. */
export const makePage = <Row extends { readonly id: string; readonly createdAt: number }, Item>(
  rows: readonly Row[],
  limit: number,
  print: (row: Row) => Item,
): Page<Item> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(print), ...(more ? { nextCursor: `${last.createdAt}_${last.id}` } : {}) };
};

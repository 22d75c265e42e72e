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

const LAST_SEEN = /^(\d{1,15})_(\w{1,64})$/;

/** Where a page that this cursor stands for begins; `undefined` when no list made it. */
export const readCursor = (cursor: string): PageRequest['after'] => {
  let text = '';
  try {
    text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
  const match = LAST_SEEN.exec(text);
  return match === null ? undefined : { createdAt: Number(match[1]), id: match[2] ?? '' };
};

/** The cursor of the page after this row. Opaque: its form may change. */
const printCursor = ({ createdAt, id }: { readonly createdAt: number; readonly id: string }): string =>
  btoa(`${createdAt}_${id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** The page that a list route's checked query asks for. */
export const pageRequestOf = (query: {
  readonly limit: number;
  readonly cursor?: PageRequest['after'] | undefined;
}): PageRequest => ({ limit: query.limit, after: query.cursor });

/** Makes a page from `limit + 1` rows asked for: the extra one only tells that there are more. */
export const makePage = <Row extends { readonly id: string; readonly createdAt: number }, Item>(
  rows: readonly Row[],
  limit: number,
  print: (row: Row) => Item,
): Page<Item> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(print), ...(more ? { nextCursor: printCursor(last) } : {}) };
};

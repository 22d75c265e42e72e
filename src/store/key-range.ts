/** Ranges of keys, in SQL and in memory. */

/** Greater than every key: keys start with an API group or `/`. */
const LAST = '\u{10ffff}';

/** Where the keys that start with a prefix end: the smallest text greater than all of them. */
export const prefixEnd = (prefix: string): string => {
  const last = prefix.charCodeAt(prefix.length - 1);
  // Prefixes end in `/`; the general case only has to be right.
  if (last < 0x7f) return prefix.slice(0, -1) + String.fromCharCode(last + 1);
  return prefix + LAST;
};

/** `after` where it narrows the prefix's range, else `undefined`. */
export const startAfter = (prefix: string, after: string | undefined): string | undefined =>
  after !== undefined && after >= prefix ? after : undefined;

/**
 * Whether order by UTF-16 code units (JavaScript) and by UTF-8 bytes (SQLite, etcd) agree for a key: always,
 * unless it has surrogates or something above them. Memory that is kept in order gives way to SQL otherwise.
 */
export const isOrdinal = (key: string): boolean => !/[\ud800-\uffff]/.test(key);

/** The `group/resource/` part of a key or prefix; `undefined` when it is shorter than that. */
export const resourcePrefix = (key: string): string | undefined => {
  const end = key.indexOf('/', key.indexOf('/') + 1) + 1;
  return end > 1 && key.indexOf('/') + 1 < end ? key.slice(0, end) : undefined;
};

/** First position in an ordered list whose key is not less than the given one. */
export const lowerBound = <Item>(
  items: readonly Item[],
  key: string,
  keyOf: (item: Item) => string,
): number => {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && keyOf(item) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

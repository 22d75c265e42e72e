/** Keys in order, in pieces: putting one in or taking one out moves a piece and not all that is behind it. */

import { lowerBound, prefixEnd } from './key-range.ts';

/** A piece is cut in two when it has grown past this. */
const LONGEST = 512;

const keyOf = (item: { readonly key: string }): string => item.key;

/** Items with distinct keys whose order JavaScript and SQLite agree on. */
export class SortedSlots<Item extends { readonly key: string }> {
  readonly #pieces: Item[][] = [];

  /** Takes items that are in order. */
  constructor(items: readonly Item[]) {
    for (let start = 0; start < items.length; start += LONGEST / 2)
      this.#pieces.push(items.slice(start, start + LONGEST / 2));
  }

  /** Puts an item in its place; its key must not be there. */
  insert(item: Item): void {
    const at = this.#pieceOf(item.key);
    const piece = this.#pieces[at];
    if (piece === undefined) {
      this.#pieces.push([item]);
      return;
    }
    piece.splice(lowerBound(piece, item.key, keyOf), 0, item);
    if (piece.length > LONGEST) this.#pieces.splice(at + 1, 0, piece.splice(LONGEST / 2));
  }

  /** Takes the item of a key out, if it is there. */
  remove(key: string): void {
    const at = this.#pieceOf(key);
    const piece = this.#pieces[at];
    if (piece === undefined) return;
    const place = lowerBound(piece, key, keyOf);
    if (piece[place]?.key !== key) return;
    if (piece.length === 1) this.#pieces.splice(at, 1);
    else piece.splice(place, 1);
  }

  /** Items whose key starts with the prefix and is greater than `after`, at most `limit`. */
  range(prefix: string, after: string | undefined, limit = Number.POSITIVE_INFINITY): Item[] {
    const found: Item[] = [];
    this.#walk(prefix, after, (piece, start, end) => {
      for (let at = start; at < end && found.length < limit; at += 1) found.push(piece[at] as Item);
      return found.length < limit;
    });
    return found;
  }

  /** How many `range` would give without a limit. */
  count(prefix: string, after: string | undefined): number {
    let count = 0;
    this.#walk(prefix, after, (_piece, start, end) => {
      count += end - start;
      return true;
    });
    return count;
  }

  /** Visits the stretches of pieces within a range, in order, until told to stop. */
  #walk(
    prefix: string,
    after: string | undefined,
    visit: (piece: readonly Item[], start: number, end: number) => boolean,
  ): void {
    const end = prefixEnd(prefix);
    const first = after === undefined || after < prefix ? prefix : after;
    for (let at = this.#pieceOf(first); at < this.#pieces.length; at += 1) {
      const piece = this.#pieces[at] ?? [];
      if ((piece[0]?.key ?? '') >= end) return;
      let start = lowerBound(piece, first, keyOf);
      if (first === after && piece[start]?.key === after) start += 1;
      const stop = lowerBound(piece, end, keyOf);
      if (start < stop && !visit(piece, start, stop)) return;
    }
  }

  /** The last piece that starts at or before a key, the first one if none does. */
  #pieceOf(key: string): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pieces[middle]?.[0]?.key ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** What the store refuses. Translated to Status in the registry (and 503 in the object class), nowhere else. */

import type { Revision } from './reader.ts';

/** A put that expected the key to be absent met a live object. */
export class ExistsError extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`${key} exists`);
    this.name = 'ExistsError';
    this.key = key;
  }
}

/** A write that expected a live object met none. */
export class MissingError extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`${key} does not exist`);
    this.name = 'MissingError';
    this.key = key;
  }
}

/** A write expected another revision of the object than the live one. */
export class StaleError extends Error {
  readonly key: string;
  readonly expected: Revision;
  readonly current: Revision;

  constructor(key: string, expected: Revision, current: Revision) {
    super(`${key} is at revision ${current}, not ${expected}`);
    this.name = 'StaleError';
    this.key = key;
    this.expected = expected;
    this.current = current;
  }
}

/** A read below the floor: that part of history is gone. Becomes 410 Expired. */
export class CompactedError extends Error {
  readonly revision: Revision;
  readonly floor: Revision;

  constructor(revision: Revision, floor: Revision) {
    super(`revision ${revision} is compacted, the floor is ${floor}`);
    this.name = 'CompactedError';
    this.revision = revision;
    this.floor = floor;
  }
}

/** A read at a revision that no write has reached yet. */
export class FutureError extends Error {
  readonly revision: Revision;
  readonly current: Revision;

  constructor(revision: Revision, current: Revision) {
    super(`revision ${revision} is in the future, the newest is ${current}`);
    this.name = 'FutureError';
    this.revision = revision;
    this.current = current;
  }
}

/** The stored text of an object is longer than the store takes. Sizes are bytes of UTF-8. */
export class TooLargeError extends Error {
  readonly bytes: number;
  readonly limit: number;

  constructor(bytes: number, limit: number) {
    super(`object of ${bytes} bytes is larger than ${limit}`);
    this.name = 'TooLargeError';
    this.bytes = bytes;
    this.limit = limit;
  }
}

/**
 * The database was written by other code than this: its ledger of migrations is longer than ours, or differs
 * from it. Serving it would be a guess, so the cluster answers 503 until the right code is back.
 */
export class NewerFormatError extends Error {
  constructor(detail: string) {
    super(`the stored cluster has a format this release does not know: ${detail}`);
    this.name = 'NewerFormatError';
  }
}

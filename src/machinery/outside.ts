/**
 * What the core wants done outside. The core is synchronous, so a call is a question that interrupts the work: the
 * work is rolled back, the outside finds the reply, and the work is done again with the reply at hand. A question's id
 * is a digest of all it depends on; work that meets another state asks another question.
 */

import { Interruption } from './interruption.ts';
import type { Instant } from './time.ts';

/** One HTTPS POST of a JSON body. */
export interface OutsideCall {
  /** Digest of whatever the reply may depend on. */
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly timeoutSeconds: number;
}

/** An answer, whatever it says. */
export interface OutsideAnswer {
  readonly status: number;
  readonly body: string;
  /** The header of that name; absent when there was none. */
  readonly contentType?: string;
}

/** What came of a call: an answer, or why there is none, in the words of Go's HTTP client. */
export type OutsideReply = OutsideAnswer | { readonly failure: string };

/** Interrupts work that needs replies nobody has yet: whoever runs the work goes on later. */
export class OutsideNeeded extends Interruption {
  readonly calls: readonly OutsideCall[];

  constructor(calls: readonly OutsideCall[]) {
    super('replies from outside are needed');
    this.name = 'OutsideNeeded';
    this.calls = calls;
  }
}

/**
 * Where interrupted work goes on: the instant and the revision it began at, which its times and its randomness are
 * made of, so that it asks the same questions again; and the replies so far.
 */
export interface Resume {
  readonly now: Instant;
  readonly revision: number;
  readonly replies: Readonly<Record<string, OutsideReply>>;
  /** How often replies turned out to be about a state that had passed. */
  readonly replans: number;
}

/** Replies to calls, in their order; throws OutsideNeeded while some are missing. */
export type AskOutside = (calls: readonly OutsideCall[]) => readonly OutsideReply[];

import type { VerifiedToken } from '../api/contract.ts';
import type { Identity } from '../auth/identity.ts';
import type { Instant } from '../machinery/time.ts';

/** What an identity was computed from: while all of it is the same, so is the identity. */
export interface VerdictBasis {
  readonly revision: number;
  /** The keys that are believed; another object when they changed. */
  readonly keys: unknown;
  readonly now: Instant;
}

interface Remembered extends VerdictBasis {
  readonly identity: Identity;
}

const TOKENS = 64;

/**
 * Identities behind tokens that were judged a moment ago: a client that reads in a loop is judged once for each
 * revision and second. Only for tokens of which revision, keys and time say everything.
 */
export class VerdictCache {
  readonly #tokens = new Map<string, Remembered>();

  get({ text }: VerifiedToken, { revision, keys, now }: VerdictBasis): Identity | undefined {
    const known = this.#tokens.get(text);
    if (known === undefined || known.revision !== revision || known.keys !== keys) return undefined;
    return Math.floor(known.now / 1000) === Math.floor(now / 1000) ? known.identity : undefined;
  }

  put({ text }: VerifiedToken, basis: VerdictBasis, identity: Identity): void {
    if (this.#tokens.size >= TOKENS) this.#tokens.clear();
    this.#tokens.set(text, { ...basis, identity });
  }
}

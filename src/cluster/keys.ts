import { Authority, type AuthorityRecord, makeAuthorityRecord, type PublicJwk } from '../auth/authority.ts';
import { sha256 } from '../machinery/sha256.ts';
import type { Instant } from '../machinery/time.ts';
import type { MetaTable } from './settings.ts';

const KEY = 'cluster.authority';
const DAY_SECONDS = 24 * 3600;

export interface KeysOptions {
  readonly meta: MetaTable;
  readonly clusterId: string;
  /** A fresh secret of 32 bytes; absent: one that follows from the seed, as tests want it. */
  readonly makeSecret: (() => Uint8Array) | undefined;
  readonly seed: string;
}

/**
 * The cluster's keys as they lie in `meta`. What is stored is read each time (it is mirrored in memory and follows
 * rollbacks); what was derived from it is kept.
 */
export class ClusterKeys {
  readonly #options: KeysOptions;
  #text = '';
  #authority: Authority | undefined;

  constructor(options: KeysOptions) {
    this.#options = options;
  }

  /** Makes the secret unless there is one. */
  ensure(now: Instant): void {
    const { meta, makeSecret, seed } = this.#options;
    if (meta.get(KEY) !== undefined) return;
    const secret = makeSecret?.() ?? sha256(`authority of ${seed}`);
    meta.set(KEY, JSON.stringify(makeAuthorityRecord(secret, now)));
  }

  get authority(): Authority {
    const text = this.#options.meta.get(KEY);
    if (text === undefined) throw new Error('the cluster has no keys');
    if (this.#authority === undefined || text !== this.#text) {
      const record = JSON.parse(text) as AuthorityRecord;
      this.#authority =
        this.#authority?.with(record.tokenKeys) ?? new Authority(this.#options.clusterId, record);
      this.#text = text;
    }
    return this.#authority;
  }

  /** A JWT over the claims. How long the key must stay known is remembered by the day, so that few tokens write it. */
  signToken(claims: Readonly<Record<string, unknown>>): string {
    const { authority } = this;
    const [current, ...older] = authority.record.tokenKeys;
    const ends = claims['exp'];
    const until = typeof ends === 'number' ? Math.ceil(ends / DAY_SECONDS) * DAY_SECONDS : null;
    if (
      current !== undefined &&
      current.lastsUntil !== null &&
      (until === null || until > current.lastsUntil)
    ) {
      this.#store({ ...authority.record, tokenKeys: [{ ...current, lastsUntil: until }, ...older] });
    }
    return this.authority.sign(claims);
  }

  /** Whether a token under this key identifier is still to be believed. */
  knows(keyId: string, now: Instant): boolean {
    return this.authority.publicKeys(now).some(({ kid }) => kid === keyId);
  }

  publicKeys(now: Instant): readonly PublicJwk[] {
    return this.authority.publicKeys(now);
  }

  /**
   * Begins a new token key. The old ones stay known until their last token has ended; with `forget` they are forgotten
   * at once, and so is every token they signed.
   */
  rotate(now: Instant, { forget }: { readonly forget: boolean }): void {
    const { record } = this.authority;
    const number = 1 + Math.max(0, ...record.tokenKeys.map((key) => key.number));
    const kept = forget
      ? []
      : record.tokenKeys.filter(({ lastsUntil }) => lastsUntil === null || lastsUntil * 1000 > now);
    this.#store({ ...record, tokenKeys: [{ number, lastsUntil: 0 }, ...kept] });
  }

  #store(record: AuthorityRecord): void {
    this.#options.meta.set(KEY, JSON.stringify(record));
  }
}

import type { PublicJwk } from '../../durable-objects/rpc.ts';
import { openPublicKey, type VerifyingKey } from '../platform/tokens.ts';
import { ExpiringCache } from './expiring-cache.ts';

/** A cluster's key identifiers begin with its id, so that a token says where its key is. */
const KEY_ID = /^([a-z0-9]{1,64})\.[A-Za-z0-9_-]{43}$/;

const KEPT_MS = 600_000;
/** A cluster is asked for keys this often in this time: strangers make up identifiers of keys that are not there. */
const ASKS = 4;
const ASKED_AGAIN_MS = 5_000;
const CLUSTERS = 1024;

interface Known {
  readonly keys: ReadonlyMap<string, VerifyingKey>;
  /** Since when the asks are counted, and how many there were. */
  readonly since: number;
  readonly asks: number;
}

/** Asks a cluster for its public keys; none when there is no such cluster. */
export type FetchKeys = (clusterId: string) => Promise<readonly PublicJwk[]>;

/** The cluster a key identifier belongs to, by its shape alone. */
export const clusterOfKey = (keyId: string): string | undefined => KEY_ID.exec(keyId)?.[1];

/** The public keys of clusters that this isolate has met. */
export class ClusterKeyRing {
  readonly #fetch: FetchKeys;
  readonly #known = new ExpiringCache<Known>(CLUSTERS);

  constructor(fetch: FetchKeys) {
    this.#fetch = fetch;
  }

  /** The key with this identifier; `undefined` when its cluster does not know it (any more). */
  async find(clusterId: string, keyId: string, now: number): Promise<VerifyingKey | undefined> {
    const known = this.#known.get(clusterId, now);
    const key = known?.keys.get(keyId);
    if (key !== undefined) return key;
    const isRecent = known !== undefined && known.since + ASKED_AGAIN_MS > now;
    if (isRecent && known.asks >= ASKS) return undefined;
    const count = isRecent ? { since: known.since, asks: known.asks + 1 } : { since: now, asks: 1 };
    const keys = new Map<string, VerifyingKey>();
    for (const jwk of await this.#fetch(clusterId)) keys.set(jwk.kid, await openPublicKey(jwk));
    this.#known.put(clusterId, { keys, ...count }, now + KEPT_MS);
    return keys.get(keyId);
  }
}

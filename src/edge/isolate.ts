import type { Identity } from '../auth/identity.ts';
import { findCluster } from '../platform/clusters.ts';
import { openPlatformDatabase } from '../platform/db/queries.ts';
import type { Owner } from '../platform/ownership.ts';
import { openSealer, type Sealer } from '../platform/sealing.ts';
import { openTokenSigner, type TokenSigner } from '../platform/tokens.ts';
import { Authenticator } from './authenticate.ts';
import { ClusterKeyRing, type FetchKeys } from './cluster-key-ring.ts';
import { clusterObject, type Env } from './env.ts';
import { ExpiringCache } from './expiring-cache.ts';

/** What an isolate keeps between requests: keys and caches, nothing that must survive. */
export interface Isolate {
  readonly signer: TokenSigner;
  readonly authenticator: Authenticator;
  /** Seals what the platform database must not hold in the clear. */
  readonly sealer: Sealer;
  /** Cluster id -> whose it is. */
  readonly owners: ExpiringCache<Owner>;
  /** Account id and cluster id -> who that account is in a cluster that is not its own. */
  readonly guests: ExpiringCache<Identity>;
  /** Clusters that watches were opened on. */
  readonly watched: Set<string>;
}

const isolates = new WeakMap<Env, Promise<Isolate>>();

/** Keys of clusters that are in the directory; nobody can wake an object by making up an identifier. */
const fetchKeysFrom =
  (env: Env): FetchKeys =>
  async (clusterId) => {
    try {
      const found = await findCluster(openPlatformDatabase(env.PLATFORM_DB), clusterId, Date.now());
      return found === undefined ? [] : await clusterObject(env, clusterId).publicKeys();
    } catch (error) {
      // The token is refused; with the next one the cluster is asked again.
      console.error(JSON.stringify({ event: 'cluster-keys-failed', clusterId, error: String(error) }));
      return [];
    }
  };

const open = async (env: Env): Promise<Isolate> => {
  const signer = await openTokenSigner(env.SIGNING_KEY);
  return {
    signer,
    authenticator: new Authenticator(signer, new ClusterKeyRing(fetchKeysFrom(env))),
    sealer: await openSealer(env.SEALING_KEY ?? env.SIGNING_KEY),
    owners: new ExpiringCache(4096),
    guests: new ExpiringCache(4096),
    watched: new Set(),
  };
};

/** The isolate's state, made on the first request. */
export const isolateOf = (env: Env): Promise<Isolate> => {
  const known = isolates.get(env);
  if (known !== undefined) return known;
  const made = open(env);
  isolates.set(env, made);
  return made;
};

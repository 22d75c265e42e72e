import { openSealer, type Sealer } from '../platform/sealing.ts';
import { openTokenSigner, type TokenSigner } from '../platform/tokens.ts';
import { Authenticator } from './authenticate.ts';
import type { Env } from './env.ts';
import { ExpiringCache } from './expiring-cache.ts';

/** What an isolate keeps between requests: keys and caches, nothing that must survive. */
export interface Isolate {
  readonly signer: TokenSigner;
  readonly authenticator: Authenticator;
  /** Seals what the platform database must not hold in the clear. */
  readonly sealer: Sealer;
  /** Cluster id -> account id of its owner. */
  readonly owners: ExpiringCache<string>;
  /** Clusters that watches were opened on. */
  readonly watched: Set<string>;
}

const isolates = new WeakMap<Env, Promise<Isolate>>();

const open = async (env: Env): Promise<Isolate> => {
  const signer = await openTokenSigner(env.SIGNING_KEY);
  return {
    signer,
    authenticator: new Authenticator(signer),
    sealer: await openSealer(env.SEALING_KEY ?? env.SIGNING_KEY),
    owners: new ExpiringCache(4096),
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

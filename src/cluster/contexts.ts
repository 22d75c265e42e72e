import { type Identity, makeControllerIdentity, makeSystemIdentity } from '../auth/identity.ts';
import { makeClient } from '../controllers/client.ts';
import type { ChangeLog, Context, Controller, Issuer, Notes } from '../controllers/contract.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import { deriveUnit } from '../machinery/random.ts';
import type { Instant } from '../machinery/time.ts';
import type { Registry } from '../registry/contract.ts';
import { CompactedError } from '../store/failures.ts';
import type { Store } from '../store/store.ts';
import type { ClusterSettings } from './contract.ts';

export interface ContextOptions {
  readonly registry: Registry;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly store: Store;
  readonly settings: ClusterSettings;
  readonly issuer: Issuer;
  readonly now: () => Instant;
}

interface Actor {
  readonly identity: Identity;
  readonly fieldManager: string;
}

/** Actors that are not part of the controller manager. */
const ACTORS: Readonly<Record<string, Actor>> = {
  'default-scheduler': {
    identity: makeSystemIdentity('system:kube-scheduler'),
    fieldManager: 'kube-scheduler',
  },
  kubelet: { identity: makeSystemIdentity('system:node'), fieldManager: 'kubelet' },
};

const actorOf = (name: string): Actor =>
  ACTORS[name] ?? { identity: makeControllerIdentity(name), fieldManager: 'kube-controller-manager' };

const makeLog = (store: Store): ChangeLog => ({
  revision: () => store.revision(),
  since: (revision) => {
    try {
      return store.changes(revision, { isLazy: true });
    } catch (error) {
      if (error instanceof CompactedError) return undefined;
      throw error;
    }
  },
});

const makeNotes = (store: Store, controller: string): Notes => {
  const name = (key: string) => `note/${controller}/${key}`;
  return {
    get: (key) => store.meta.get(name(key)),
    set: (key, text) => (text === undefined ? store.meta.delete(name(key)) : store.meta.set(name(key), text)),
  };
};

/** The contexts controllers run in: each acts as its own system identity. */
export const makeContexts = (options: ContextOptions) => {
  const { registry, catalog, lookup, store, settings, issuer, now } = options;
  const random = (purpose: string, ...parts: readonly (string | number)[]) =>
    deriveUnit(settings.seed, purpose, ...parts);
  const log = makeLog(store);
  const clientOf = (name: string) =>
    makeClient({
      registry,
      catalog,
      lookup,
      now,
      sequence: () => store.revision(),
      component: name,
      ...actorOf(name),
    });
  const of = (controller: Controller): Context => {
    const client = clientOf(controller.name);
    return {
      get now() {
        return now();
      },
      issuer,
      advertise: settings.advertise,
      lookup,
      client,
      latency: settings.latency,
      log,
      notes: makeNotes(store, controller.name),
      random,
    };
  };
  return { of, clientOf };
};

import { makeAdmission } from '../admission/chain.ts';
import { admissionOrder } from '../admission/order.ts';
import { makeApi } from '../api/api.ts';
import type { CoreRequest } from '../api/contract.ts';
import { impersonate } from '../auth/impersonation.ts';
import { makeAuthorizer } from '../auth/rbac.ts';
import { makeReviewHandlers } from '../auth/reviews.ts';
import { controllerOrder } from '../controllers/order.ts';
import { builtinKinds, makeCatalog } from '../kinds/catalog.ts';
import { deriveInteger } from '../machinery/random.ts';
import { serviceUnavailable } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import { makeLookup } from '../registry/lookup.ts';
import { makeRegistry } from '../registry/registry.ts';
import { NewerFormatError } from '../store/failures.ts';
import { openStore, type Store } from '../store/store.ts';
import { wallTime } from '../time/pace.ts';
import { Timeline } from '../time/timeline.ts';
import { bootstrap } from './bootstrap.ts';
import { makeCodec } from './codec.ts';
import { makeContexts } from './contexts.ts';
import type { Cluster, ClusterPorts, ClusterSettings, TurnEnd } from './contract.ts';
import { resolveIdentity } from './identify.ts';
import { readPace, readSettings, writePace, writeSettings } from './settings.ts';
import { makeTurn } from './turn.ts';

const openClusterStore = (ports: ClusterPorts) => {
  const catalog = makeCatalog(builtinKinds);
  try {
    const store = openStore(ports.sql, makeCodec(catalog), {
      actorOrder: controllerOrder.map(({ controller }) => controller.name),
      ...(ports.cacheBytes === undefined ? {} : { cacheBytes: ports.cacheBytes }),
    });
    return { catalog, store };
  } catch (error) {
    if (error instanceof NewerFormatError) {
      throw serviceUnavailable('the stored cluster was written by a newer version of the server');
    }
    throw error;
  }
};

/**
 * Opens the cluster that lies in the database; `undefined` when there is none (nothing is written then). Throws a
 * 503 StatusError when the database was written by a newer version.
 */
export const openCluster = (ports: ClusterPorts, wallNow: Instant): Cluster | undefined => {
  const { catalog, store } = openClusterStore(ports);
  const settings = readSettings(store.meta);
  return settings === undefined ? undefined : compose(ports, catalog, store, settings, wallNow);
};

/** Makes a new cluster in an empty database: first objects, clock, settings. */
export const createCluster = (ports: ClusterPorts, settings: ClusterSettings, wallNow: Instant): Cluster => {
  const { catalog, store } = openClusterStore(ports);
  if (readSettings(store.meta) !== undefined) throw new Error('the database holds a cluster already');
  return store.transaction(() => {
    writeSettings(store.meta, settings);
    writePace(store.meta, readPace(store.meta, wallNow));
    const cluster = compose(ports, catalog, store, settings, wallNow);
    cluster.bootstrap();
    return cluster;
  });
};

interface Composed extends Cluster {
  bootstrap(): void;
}

const compose = (
  ports: ClusterPorts,
  catalog: ReturnType<typeof makeCatalog>,
  store: Store,
  settings: ClusterSettings,
  wallNow: Instant,
): Composed => {
  let instant: Instant = 0;
  const now = () => instant;
  const setNow = (at: Instant) => {
    instant = at;
  };
  const pace = readPace(store.meta, wallNow);
  const lookup = makeLookup({ store, catalog });
  const random = (purpose: string, bound: number) =>
    deriveInteger(settings.seed, bound, purpose, store.revision() + 1);
  const authorizer = makeAuthorizer({ lookup, rbacRevision: () => store.revision() });
  const admit = makeAdmission({
    plugins: admissionOrder,
    context: () => ({
      now: instant,
      lookup,
      random,
      authorizer,
      updateQuotaStatus: (namespace, name, status) =>
        quotaClient().updateQuotaStatus(namespace, name, status),
    }),
  });
  const registry = makeRegistry({
    store,
    catalog,
    lookup,
    now,
    random,
    admit,
    virtual: makeReviewHandlers({ authorizer, authenticateToken: () => undefined }),
  });
  const api = makeApi({
    registry,
    store,
    catalog,
    lookup,
    now,
    random,
    authorize: (identity, attributes) => authorizer.authorize(identity, attributes),
    impersonate: (identity, headers) => impersonate(authorizer, identity, headers),
  });
  const contexts = makeContexts({ registry, catalog, lookup, store, settings, now });
  const quotaClient = () => contexts.quota;
  const timeline = new Timeline({
    store,
    controllers: controllerOrder,
    lookup,
    journal: ports.journal,
    makeContext: contexts.of,
    setNow,
  });
  const turn = makeTurn({ store, timeline, setNow, pace: () => pace });

  const end = (unfinished: boolean): TurnEnd => {
    const next = store.wakeups.next();
    return {
      revision: store.revision(),
      nextDue: next === undefined ? undefined : wallTime(pace, next),
      unfinished,
    };
  };

  return {
    handle: (request, at) => {
      for (;;) {
        const turned = turn(at, () => api.handle(resolveIdentity(lookup, settings, instant, request)));
        if (!turned.unfinished) return turned.result;
      }
    },
    tick: (at) => end(turn(at, () => undefined).unfinished),
    drain: (subscription) => api.drain(subscription),
    end: () => end(false),
    bootstrap: () => {
      turn(wallNow, () => bootstrap({ store, registry, settings, now: instant }));
    },
  };
};

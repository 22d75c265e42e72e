import { makeAdmission } from '../admission/chain.ts';
import { hasMutators } from '../admission/configured.ts';
import { admissionOrder } from '../admission/order.ts';
import type { Room } from '../admission/room.ts';
import { makeApi } from '../api/api.ts';
import type {
  CoreAwait,
  CoreRequest,
  CoreResponse,
  CoreWatch,
  Drained,
  Subscription,
} from '../api/contract.ts';
import { makeOpenApi } from '../api/openapi.ts';
import type { Auditor } from '../audit/auditor.ts';
import { impersonate } from '../auth/impersonation.ts';
import { type Authorizer, makeAuthorizer } from '../auth/rbac.ts';
import { makeRbacRevision } from '../auth/rbac-revision.ts';
import { makeReviewHandlers } from '../auth/reviews.ts';
import type { Context, Controller } from '../controllers/contract.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { ResourceQuota } from '../kinds/generated/types.ts';
import type { Resume } from '../machinery/outside.ts';
import { deriveInteger } from '../machinery/random.ts';
import type { Instant } from '../machinery/time.ts';
import { makeFieldTracker } from '../registry/field-tracker.ts';
import { makeLookup } from '../registry/lookup.ts';
import { makeRegistry } from '../registry/registry.ts';
import type { ObjectCodec } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import { makeConnectors } from './connectors.ts';
import { makeContexts } from './contexts.ts';
import type { ClusterCredentials, ClusterPorts, ClusterSettings } from './contract.ts';
import { makeCredentials } from './credentials.ts';
import type { ClusterKeys } from './keys.ts';
import { Outside } from './outside.ts';
import type { PodSecuritySettings } from './pod-security.ts';
import { makeUsageReaders } from './usage-readers.ts';

export interface ControlPlaneOptions {
  readonly ports: ClusterPorts;
  readonly settings: ClusterSettings;
  readonly keys: ClusterKeys;
  readonly catalog: Catalog;
  readonly codec: ObjectCodec;
  readonly store: Store;
  readonly audit: Auditor;
  readonly podSecurity: PodSecuritySettings;
  readonly room: Room;
  readonly now: () => Instant;
  readonly wallNow: () => Instant;
}

/** Authentication's last step, authorization, admission, registry and api, wired over one store. */
export interface ControlPlane {
  readonly lookup: Lookup;
  readonly authorizer: Authorizer;
  readonly credentials: ClusterCredentials;
  contextOf(controller: Controller): Context;
  /** Parked work, where calls may leave the cluster. */
  readonly outside: Outside | undefined;
  handle(request: CoreRequest, resume?: Resume): CoreResponse | CoreWatch | CoreAwait;
  drain(subscription: Subscription): Drained;
  /** Records that a part of the past was skipped. */
  noteSkip(): void;
}

const CUSTOM_DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Wires the parts of the API server. Nothing here decides anything. */
export const makeControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { ports, settings, keys, wallNow, catalog, codec, store, audit } = options;
  const lookup = makeLookup({ store, catalog });
  const outside =
    ports.reaches === undefined
      ? undefined
      : new Outside({
          now: options.now,
          revision: () => store.revision(),
          atomic: (work) => store.transaction(work),
        });
  // Work that came again after a call goes on at the instant it began at, with the same names and uids.
  const now = outside === undefined ? options.now : () => outside.now();
  const random = (purpose: string, bound: number): number => {
    if (outside === undefined) return deriveInteger(settings.seed, bound, purpose, store.revision() + 1);
    const { revision, prefix } = outside.randomness();
    return deriveInteger(settings.seed, bound, `${prefix}${purpose}`, revision + 1);
  };
  const credentials = makeCredentials({
    settings,
    keys,
    sql: ports.sql,
    lookup,
    random,
    revision: () => store.revision(),
    now,
    wallNow,
    client: () => contexts.clientOf('kube-apiserver'),
  });
  const authorizer = makeAuthorizer({ lookup, rbacRevision: makeRbacRevision(store) });
  const request: { current: CoreRequest | undefined } = { current: undefined };

  const reviews = makeReviewHandlers({
    authorizer,
    authenticateToken: (token, audiences) => credentials.judge(request.current, token, audiences),
  });
  const admit = makeAdmission({
    plugins: admissionOrder,
    context: () => ({
      now: now(),
      lookup,
      random,
      authorizer,
      ...(outside === undefined || ports.reaches === undefined
        ? {}
        : { ask: (calls) => outside.ask(calls), reaches: ports.reaches }),
      room: options.room,
      podSecurity: options.podSecurity.current,
      audit: (key, value) => audit.current()?.annotate(key, value),
      updateQuotaStatus: (namespace, name, status) =>
        void quota.updateStatus('resourcequotas', namespace, name, (current) => ({
          ...current,
          status: status as ResourceQuota['status'],
        })),
    }),
  });
  const registry = makeRegistry({
    store,
    codec,
    catalog,
    lookup,
    now,
    random,
    admit,
    mayMutate: () => hasMutators(lookup),
    track: makeFieldTracker(catalog),
    readers: makeUsageReaders({ lookup, seed: settings.seed, now }),
    virtual: { ...reviews, '/serviceaccounts/token': credentials.requestToken },
  });
  const contexts = makeContexts({
    registry,
    catalog,
    lookup,
    store,
    settings,
    issuer: credentials.issuer,
    now,
  });
  const quota = contexts.clientOf('resourcequota-controller');
  const api = makeApi({
    registry,
    store,
    codec,
    catalog,
    lookup,
    now,
    random,
    identify: credentials.identify,
    wellKnown: credentials.wellKnown,
    authorize: (identity, attributes) => authorizer.authorize(identity, attributes),
    impersonate: (identity, headers, attributes) => impersonate(authorizer, identity, headers, attributes),
    serverAddress: settings.advertise,
    audit,
    connectors: makeConnectors({ lookup, issuer: credentials.issuer, seed: settings.seed, now }),
    // Asked for each time documents are printed: the host loads the prose when somebody wants it.
    openapi: makeOpenApi(catalog, {
      get descriptions() {
        return ports.descriptions?.();
      },
      customSchema: (kind, { version }) => {
        const crd = lookup.get(CUSTOM_DEFINITIONS, '', `${kind.resource}.${kind.group}`);
        const found = crd?.spec.versions.find(({ name }) => name === version);
        return found?.schema?.openAPIV3Schema as Readonly<Record<string, unknown>> | undefined;
      },
    }),
    onBug: (error, { method, path }) =>
      ports.journal.write('error', 'request failed', {
        method,
        path,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  });

  return {
    lookup,
    authorizer,
    credentials: credentials.outside,
    contextOf: contexts.of,
    outside,
    handle: (received, resume) => {
      request.current = received;
      return outside === undefined ? api.handle(received) : outside.serve(resume, () => api.handle(received));
    },
    drain: (subscription) => api.drain(subscription),
    noteSkip: () => {
      const about = lookup.get('namespaces', '', 'default');
      if (about === undefined) return;
      contexts.clientOf('kubicle').event(about, {
        type: 'Warning',
        reason: 'CatchUpSkipped',
        message:
          'Too much was due while nobody looked: the rest of the past is skipped and its work done once, late',
      });
    },
  };
};

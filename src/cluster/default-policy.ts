import { defaultPolicy } from '../auth/default-policy.ts';
import { reconcile } from '../auth/reconcile.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { objectKey, parseGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { deriveInteger } from '../machinery/random.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { makeUid } from '../registry/system-fields.ts';
import type { Store } from '../store/store.ts';

/**
 * The default policy's own version. It changes whenever a default role or binding does (a test holds both together):
 * a cluster that was made or last reconciled with another one is reconciled before its next request.
 */
export const POLICY_VERSION = '1.36-1';

const VERSION = 'rbac.policy';

export interface DefaultPolicyOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly seed: string;
  readonly now: () => Instant;
}

/** Notes that the cluster has the default policy of this release. */
export const notePolicyVersion = ({ meta }: Pick<Store, 'meta'>): void => meta.set(VERSION, POLICY_VERSION);

/** Name of an object that reconciling changed, e.g. `ClusterRole/view`. */
export type ChangedPolicy = { readonly kind: string; readonly name: string; readonly namespace?: string };

/** Reconciles every default role and binding, as an API server does when it starts; returns what it changed. */
export const reconcileDefaults = (options: DefaultPolicyOptions): readonly ChangedPolicy[] => {
  const { store, catalog, seed, now } = options;
  const changed: ChangedPolicy[] = [];
  for (const wanted of defaultPolicy()) {
    const gv = parseGroupVersion(wanted.apiVersion);
    const resolved = gv && catalog.kind(gv.group, gv.version, wanted.kind);
    if (!resolved) throw new Error(`default policy of unknown kind ${wanted.kind}`);
    const { kind, version } = resolved;
    const { name = '', namespace = '' } = wanted.metadata;
    // As upstream, in a namespace that is gone nothing is made.
    if (namespace !== '' && store.get(objectKey('', 'namespaces', '', namespace)) === undefined) continue;
    const key = objectKey(kind.group, kind.resource, namespace, name);
    const current = store.get(key)?.object;
    const outcome = reconcile(current, wanted);
    if (outcome === undefined) continue;
    if (outcome.action === 'recreate') store.remove(key, undefined, now());
    const { object } = outcome;
    const isNew = outcome.action !== 'update';
    const uid = makeUid((purpose, bound) => deriveInteger(seed, bound, purpose, store.revision() + 1));
    const metadata = isNew
      ? { ...object.metadata, uid, creationTimestamp: printTime(now()) }
      : object.metadata;
    const canonical = toCanonical({ ...object, metadata } as unknown as Draft, version.schema);
    store.put(key, canonical as unknown as KubeObject, now());
    changed.push({ kind: wanted.kind, name, ...(namespace === '' ? {} : { namespace }) });
  }
  return changed;
};

/** Reconciles a cluster that an older release left; does nothing in any other. */
export const upgradePolicy = (options: DefaultPolicyOptions): void => {
  if (options.store.meta.get(VERSION) === POLICY_VERSION) return;
  reconcileDefaults(options);
  notePolicyVersion(options.store);
};

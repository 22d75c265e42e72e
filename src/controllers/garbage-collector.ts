import type { Lookup } from '../kinds/define.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject, OwnerReference } from '../machinery/object.ts';
import { parseTime } from '../machinery/time.ts';
import {
  type Context,
  type Controller,
  type ObjectChange,
  type Outcome,
  watchEverything,
} from './contract.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
/** Dependents handled in one call. */
const BATCH = 100;
const SETTLE_MS = 10;

/** Index of every kind: the uids of its owners. Entries of all kinds come back, whatever resource is named. */
const dependentsOf = (lookup: Lookup, uid: string): readonly KubeObject[] =>
  lookup.byIndex('pods', 'owner', uid);

const isDeleting = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

const has = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) === true;

/** Being deleted, and waiting for its dependents to go first. */
const isDeletingDependents = (object: KubeObject): boolean => isDeleting(object) && has(object, FOREGROUND);

const ownersOf = (object: KubeObject): readonly OwnerReference[] => object.metadata.ownerReferences ?? [];

const objectKey = (object: KubeObject): string => {
  const { namespace = '', name = '', uid = '' } = object.metadata;
  return ['object', object.apiVersion, object.kind, namespace, name, uid].join('|');
};

const goneKey = ({ apiVersion = '', kind = '', metadata }: KubeObject): string =>
  ['gone', metadata.uid ?? '', apiVersion, kind].join('|');

/** How often upstream's collector learns which kinds there are. */
const DISCOVERY_MS = 30_000;

/** When the collector knows a custom kind, if not yet: until then it does not see that objects of it go. */
const knownAt = (context: Context, apiVersion: string, kind: string): number | undefined => {
  if (context.latency === 'instant' || !apiVersion.includes('.')) return undefined;
  const group = apiVersion.slice(0, apiVersion.indexOf('/'));
  const definition = context.lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .find(({ spec }) => spec.group === group && spec.names.kind === kind);
  const made = parseTime(definition?.metadata.creationTimestamp ?? '');
  return made === undefined || made + DISCOVERY_MS <= context.now ? undefined : made + DISCOVERY_MS;
};

type OwnerState = 'solid' | 'dangling' | 'waiting' | 'unknown';

/** An owner reference of an object, looked up where it may be: in its namespace or in the cluster. */
const ownerOf = (lookup: Lookup, object: KubeObject, ref: OwnerReference): KubeObject | undefined => {
  const namespaced = lookup.isNamespaced(ref.apiVersion, ref.kind);
  const namespace = namespaced === true ? (object.metadata.namespace ?? '') : '';
  const owner = lookup.getByKind(ref.apiVersion, ref.kind, namespace, ref.name);
  return owner?.metadata.uid === ref.uid ? owner : undefined;
};

const stateOf = (lookup: Lookup, object: KubeObject, ref: OwnerReference): OwnerState => {
  const namespaced = lookup.isNamespaced(ref.apiVersion, ref.kind);
  if (namespaced === undefined) return 'unknown';
  // A namespaced owner of a cluster-scoped object can never be found: it is an error, not an absence.
  if (namespaced && (object.metadata.namespace ?? '') === '') return 'unknown';
  const owner = ownerOf(lookup, object, ref);
  if (owner === undefined) return 'dangling';
  return isDeletingDependents(owner) ? 'waiting' : 'solid';
};

const withoutOwners = (object: KubeObject, uids: ReadonlySet<string>): KubeObject => {
  const rest = ownersOf(object).filter((ref) => !uids.has(ref.uid));
  const { ownerReferences: _, ...metadata } = object.metadata;
  return { ...object, metadata: rest.length === 0 ? metadata : { ...metadata, ownerReferences: rest } };
};

const withoutFinalizer = (object: KubeObject, finalizer: string): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    finalizers: (object.metadata.finalizers ?? []).filter((it) => it !== finalizer),
  },
});

const unblocked = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    ownerReferences: ownersOf(object).map((ref) =>
      ref.blockOwnerDeletion === true ? { ...ref, blockOwnerDeletion: false } : ref,
    ),
  },
});

/** Tells about owners that exist, but in another namespace than the object may refer to. */
const reportForeignOwners = (context: Context, object: KubeObject): void => {
  const { lookup, client } = context;
  const { namespace = '' } = object.metadata;
  for (const ref of ownersOf(object)) {
    if (lookup.isNamespaced(ref.apiVersion, ref.kind) !== true || ownerOf(lookup, object, ref) !== undefined)
      continue;
    const elsewhere = lookup
      .list('namespaces')
      .some(
        (other) =>
          other.metadata.name !== namespace &&
          lookup.getByKind(ref.apiVersion, ref.kind, other.metadata.name ?? '', ref.name)?.metadata.uid ===
            ref.uid,
      );
    if (!elsewhere) continue;
    const identity = `[${ref.apiVersion}/${ref.kind}, namespace: ${namespace}, name: ${ref.name}, uid: ${ref.uid}]`;
    client.event(object, {
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef ${identity} does not exist in namespace ${JSON.stringify(namespace)}`,
    });
  }
};

const propagationOf = (object: KubeObject): 'Orphan' | 'Foreground' | 'Background' => {
  if (has(object, ORPHAN)) return 'Orphan';
  return has(object, FOREGROUND) ? 'Foreground' : 'Background';
};

const remove = (
  context: Context,
  object: KubeObject,
  propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
) => {
  const uid = object.metadata.uid;
  context.client.deleteObject(object, { propagationPolicy, ...(uid === undefined ? {} : { uid }) });
};

/** Deletes an object whose owners are gone or going, or drops the references that no longer hold. */
const collect = (context: Context, object: KubeObject): void => {
  const { lookup } = context;
  const owners = ownersOf(object);
  if (owners.length === 0 || (isDeleting(object) && !isDeletingDependents(object))) return;
  const byState = new Map<OwnerState, OwnerReference[]>();
  for (const ref of owners) {
    const state = stateOf(lookup, object, ref);
    byState.set(state, [...(byState.get(state) ?? []), ref]);
  }
  if (byState.has('unknown')) return;
  const waiting = byState.get('waiting') ?? [];
  const lost = [...(byState.get('dangling') ?? []), ...waiting];
  if (lost.length === 0) return;
  if (byState.has('solid')) {
    const uids = new Set(lost.map((ref) => ref.uid));
    context.client.updateObject(object, (current) => withoutOwners(current, uids));
    return;
  }
  if (isDeleting(object)) return;
  if (waiting.length > 0) {
    const dependents = dependentsOf(lookup, object.metadata.uid ?? '');
    if (dependents.length > 0) {
      // A circle of owners would block itself for ever.
      if (dependents.some(isDeletingDependents)) context.client.updateObject(object, unblocked);
      remove(context, object, 'Foreground');
      return;
    }
  }
  remove(context, object, propagationOf(object));
};

const collectAll = (context: Context, objects: readonly KubeObject[]): Outcome => {
  const live = objects.filter((object) => !isDeleting(object));
  for (const object of live.slice(0, BATCH)) collect(context, object);
  return live.length > BATCH ? { at: context.now } : undefined;
};

const blocks = (dependent: KubeObject, uid: string): boolean =>
  ownersOf(dependent).some((ref) => ref.uid === uid && ref.blockOwnerDeletion === true);

/** Foreground deletion: every dependent is sent on its way; the owner goes when none blocks it. */
const deleteDependents = (context: Context, owner: KubeObject): Outcome => {
  const uid = owner.metadata.uid ?? '';
  const outcome = collectAll(context, dependentsOf(context.lookup, uid));
  if (outcome !== undefined) return outcome;
  if (dependentsOf(context.lookup, uid).some((dependent) => blocks(dependent, uid))) return undefined;
  context.client.updateObject(owner, (current) => withoutFinalizer(current, FOREGROUND));
  return undefined;
};

/** Orphaning deletion: the dependents forget the owner, then it goes. */
const orphanDependents = (context: Context, owner: KubeObject): Outcome => {
  const uid = owner.metadata.uid ?? '';
  const dependents = dependentsOf(context.lookup, uid);
  for (const dependent of dependents.slice(0, BATCH)) {
    context.client.updateObject(dependent, (current) => withoutOwners(current, new Set([uid])));
  }
  if (dependents.length > BATCH) return { at: context.now };
  // The owner goes a moment later: its controller still sees that it has lost them.
  if (dependents.length > 0) return { at: context.now + SETTLE_MS };
  context.client.updateObject(owner, (current) => withoutFinalizer(current, ORPHAN));
  return undefined;
};

const reconcile = (context: Context, key: string): Outcome => {
  const [what, apiVersion = '', kind = '', namespace = '', name = '', uid = ''] = key.split('|');
  if (what === 'gone') {
    const [, owner = '', ownerVersion = '', ownerKind = ''] = key.split('|');
    const at = knownAt(context, ownerVersion, ownerKind);
    return at === undefined ? collectAll(context, dependentsOf(context.lookup, owner)) : { at };
  }
  const object = context.lookup.getByKind(apiVersion, kind, namespace, name);
  if (object === undefined || object.metadata.uid !== uid) return undefined;
  if (isDeleting(object) && has(object, ORPHAN)) return orphanDependents(context, object);
  if (isDeletingDependents(object)) return deleteDependents(context, object);
  reportForeignOwners(context, object);
  collect(context, object);
  return undefined;
};

/** Owners in foreground deletion, which a change of a dependent may set free. */
const waitingOwners = (lookup: Lookup, object: KubeObject): readonly string[] =>
  ownersOf(object).flatMap((ref) => {
    const owner = ownerOf(lookup, object, ref);
    return owner !== undefined && isDeletingDependents(owner) ? [objectKey(owner)] : [];
  });

const keysOf = ({ op, object, previous }: ObjectChange, lookup: Lookup): readonly string[] => {
  const owners = ownersOf(object);
  if (op === 'delete') {
    const uid = object.metadata.uid ?? '';
    return dependentsOf(lookup, uid).length > 0 ? [goneKey(object)] : [];
  }
  const keys: string[] = [];
  const before = previous === undefined ? [] : ownersOf(previous);
  const ownersChanged = previous === undefined || !deepEqual(owners, before);
  // What is made while its owner waits for the others to go waits with them until one of them went.
  const isLost = (ref: OwnerReference): boolean => {
    const state = stateOf(lookup, object, ref);
    return state !== 'solid' && (op !== 'create' || state !== 'waiting');
  };
  if (ownersChanged && owners.some(isLost)) keys.push(objectKey(object));
  if (isDeleting(object) && (has(object, FOREGROUND) || has(object, ORPHAN))) {
    const started = previous === undefined || !isDeleting(previous);
    if (started || !deepEqual(object.metadata.finalizers, previous?.metadata.finalizers))
      keys.push(objectKey(object));
  }
  if (ownersChanged && previous !== undefined && before.length > 0)
    keys.push(...waitingOwners(lookup, previous));
  return keys;
};

/** A dependent went: whoever waits for it looks again at once. */
const leavingKeys = ({ op, object }: ObjectChange, lookup: Lookup): readonly string[] =>
  op === 'delete' && ownersOf(object).length > 0 ? waitingOwners(lookup, object) : [];

/**
 * Deletes what has lost its owners, and carries out foreground and orphaning deletion
 * (pkg/controller/garbagecollector, release 1.36). There is no graph: owners are looked up by name, dependents
 * through the index `owner`.
 */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  watches: [watchEverything(keysOf), watchEverything(leavingKeys, 0)],
  reconcile,
};

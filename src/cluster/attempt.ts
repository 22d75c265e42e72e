import { STEP_MANAGER } from '../exercise/step-request.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import { keyPrefix } from '../machinery/names.ts';
import { asRecord, type KubeObject } from '../machinery/object.ts';
import type { Reader, Revision } from '../store/reader.ts';

/** What a learner changed of an exercise's first state. */
export interface AttemptChange {
  readonly change: 'created' | 'updated' | 'deleted';
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** The object as it is, without what the server keeps for itself; absent when it was deleted. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Keys of an exercise's first state and its revision: enough to tell later what is new, changed and gone. */
export interface Baseline {
  readonly revision: Revision;
  readonly keys: readonly string[];
}

/** Kinds the cluster makes for itself. */
const NOISE: ReadonlySet<string> = new Set([
  '/events',
  'events.k8s.io/events',
  '/endpoints',
  'discovery.k8s.io/endpointslices',
  'coordination.k8s.io/leases',
]);

/** Field managers that are no learner: the control plane's, and the exercise's own. */
const SYSTEM_MANAGERS: ReadonlySet<string> = new Set([
  STEP_MANAGER,
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-apiserver',
]);

interface Live {
  readonly key: string;
  readonly revision: Revision;
  readonly object: KubeObject;
}

/** Every stored object that a learner might have made, in key order. */
const liveObjects = (store: Reader, catalog: Catalog): Live[] => {
  const prefixes = new Set(
    catalog
      .all()
      .filter(({ virtual, group, resource }) => virtual !== true && !NOISE.has(`${group}/${resource}`))
      .map((kind) => keyPrefix(kind.storageGroup ?? kind.group, kind.resource)),
  );
  const rows = [...prefixes].flatMap((prefix) => store.scan(prefix));
  const isOwned = ({ object }: Live) =>
    (object.metadata.ownerReferences ?? []).some(({ controller }) => controller);
  return rows.filter((row) => !isOwned(row)).sort((one, other) => (one.key < other.key ? -1 : 1));
};

/** The first state, as it is now. */
export const takeBaseline = (store: Reader, catalog: Catalog): Baseline => ({
  revision: store.revision(),
  keys: liveObjects(store, catalog).map(({ key }) => key),
});

/** Somebody who is no part of the system owns fields of it. Objects without managed fields count when in doubt. */
const isTouched = ({ object }: Live): boolean => {
  const { managedFields } = object.metadata;
  return (
    managedFields === undefined ||
    managedFields.some(
      ({ manager = '', subresource }) => subresource !== 'status' && !SYSTEM_MANAGERS.has(manager),
    )
  );
};

const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
];

const manifestOf = (object: KubeObject): Readonly<Record<string, unknown>> => {
  const { status: _status, ...rest } = asRecord(object);
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([field]) => !SERVER_FIELDS.includes(field)),
  );
  return { ...rest, metadata };
};

const partsOf = (key: string) => {
  const [group = '', resource = '', namespace = '', name = ''] = key.split('/');
  return { group, resource, namespace, name };
};

/** What became of the first state: objects learners made, changed and deleted, in key order. */
export const describeAttempt = (store: Reader, catalog: Catalog, baseline: Baseline): AttemptChange[] => {
  const before = new Set(baseline.keys);
  const live = liveObjects(store, catalog);
  const present = new Set(live.map(({ key }) => key));
  const changed = live
    .filter((row) => row.revision > baseline.revision && isTouched(row))
    .map((row): AttemptChange => {
      const { apiVersion, kind, metadata } = row.object;
      return {
        change: before.has(row.key) ? 'updated' : 'created',
        apiVersion,
        kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        name: metadata.name ?? '',
        manifest: manifestOf(row.object),
      };
    });
  const gone = baseline.keys
    .filter((key) => !present.has(key))
    .map((key): AttemptChange => {
      const { group, resource, namespace, name } = partsOf(key);
      const kind = catalog.stored(group, resource);
      const version = kind?.storageVersion ?? '';
      return {
        change: 'deleted',
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind: kind?.kind ?? resource,
        ...(namespace === '' ? {} : { namespace }),
        name,
      };
    });
  return [...changed, ...gone];
};

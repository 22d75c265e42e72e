import type { Catalog } from '../kinds/catalog-contract.ts';
import { makeNode } from '../kubelet/node-objects.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { objectKey, parseGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { deriveInteger, deriveUnit } from '../machinery/random.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { makeUid } from '../registry/system-fields.ts';
import type { Store } from '../store/store.ts';
import { addonObjects } from './addons.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';
import type { ClusterSettings } from './contract.ts';

export interface BootstrapOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly settings: ClusterSettings;
  /** PEM of the authority that signs client certificates. */
  readonly clientCertificate: string;
  readonly now: Instant;
}

const CONTROL_PLANE = { name: 'control-plane', cpu: '4', memory: '8Gi' } as const;

const nodesOf = (settings: ClusterSettings, now: Instant): readonly KubeObject[] => {
  const random = (name: string) => (purpose: string) => deriveUnit(settings.seed, purpose, name);
  const workers = settings.nodes.map((node, position) =>
    makeNode({ ...node, index: position + 1, isControlPlane: false }, now, random(node.name)),
  );
  if (settings.controlPlaneNode === false) return workers;
  const controlPlane = makeNode(
    { ...CONTROL_PLANE, index: 0, isControlPlane: true },
    now,
    random(CONTROL_PLANE.name),
  );
  return [controlPlane, ...workers];
};

/**
 * Writes the first objects of a cluster. They are facts, not requests: they go straight to the store with their
 * system fields, because no admission plugin or validator has anything to say about them.
 */
export const bootstrap = (options: BootstrapOptions): void => {
  const { store, catalog, settings, clientCertificate, now } = options;
  const createdAt = printTime(now);
  for (const object of [
    ...bootstrapObjects(settings, clientCertificate, now),
    ...nodesOf(settings, now),
    ...addonObjects(settings, now),
  ]) {
    const gv = parseGroupVersion(object.apiVersion);
    const resolved = gv && catalog.kind(gv.group, gv.version, object.kind);
    if (!resolved) throw new Error(`bootstrap object of unknown kind ${object.apiVersion} ${object.kind}`);
    const { kind, version } = resolved;
    const { name = '', namespace = '' } = object.metadata;
    const key = objectKey(kind.storageGroup ?? kind.group, kind.resource, namespace, name);
    const uid = makeUid((purpose, bound) =>
      deriveInteger(settings.seed, bound, purpose, store.revision() + 1),
    );
    const draft = { ...object, metadata: { ...object.metadata, uid, creationTimestamp: createdAt } };
    const canonical = toCanonical(draft as unknown as Draft, version.schema);
    store.put(key, canonical as unknown as KubeObject, now, 'absent');
  }
};

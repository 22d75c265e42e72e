import { makeActors } from '../../src/cluster/actors.ts';
import { indexVersion, makeCodec } from '../../src/cluster/codec.ts';
import { builtinKinds, makeCatalog } from '../../src/kinds/catalog.ts';
import type { Kind } from '../../src/kinds/define.ts';
import { parseGroupVersion } from '../../src/machinery/names.ts';
import type { Draft, KubeObject } from '../../src/machinery/object.ts';
import { keyOfKind } from '../../src/registry/dependencies.ts';
import { openStore } from '../../src/store/store.ts';
import { EPOCH, Harness } from './harness.ts';
import { concrete, type Manifests } from './oracle.ts';

const kindOf = (object: KubeObject): Kind => {
  const { group = '' } = parseGroupVersion(object.apiVersion) ?? {};
  const kind = builtinKinds.find((one) => one.group === group && one.kind === object.kind);
  if (kind === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
  return kind;
};

const storageForm = (object: KubeObject, kind: Kind): Draft => {
  const draft = structuredClone(object) as unknown as Draft;
  const version = object.apiVersion.split('/').at(-1);
  kind.served.find((one) => one.version === version)?.toStorage?.(draft);
  return draft;
};

const OWN_UID = concrete('<uid>') as string;

/** A uid that tells objects apart, unless the object's labels name its own; recordings have none. */
const uidOf = (object: KubeObject, index: number): string =>
  JSON.stringify(object.metadata.labels ?? {}).includes(OWN_UID)
    ? OWN_UID
    : `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** A cluster with recorded objects in it. */
export interface StoredBases {
  readonly harness: Harness;
  /** The recorded objects with the resourceVersion they have here: what a client would change and send back. */
  readonly bases: Manifests;
}

/**
 * A cluster nobody works in, holding recorded objects exactly as they were recorded (status included): they are
 * written beneath the API, which would judge and change them.
 */
export const withStored = (
  bases: Manifests,
  prepare: (harness: Harness) => void = () => undefined,
): StoredBases => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  prepare(harness);
  const catalog = makeCatalog(builtinKinds);
  const store = openStore(harness.sql, makeCodec(catalog), {
    actorOrder: makeActors().map(({ controller }) => controller.name),
    indexVersion: indexVersion(catalog),
  });
  const entries = Object.entries(bases).map(([name, base], index) => {
    const object = concrete(base) as KubeObject;
    const kind = kindOf(object);
    const draft = storageForm(object, kind);
    draft['metadata'] = {
      ...object.metadata,
      uid: uidOf(object, index),
      creationTimestamp: new Date(EPOCH).toISOString().replace('.000', ''),
    };
    const key = keyOfKind(kind, object.metadata.namespace ?? '', object.metadata.name ?? '');
    const { revision } = store.put(key, draft as unknown as KubeObject, EPOCH);
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    return [name, { ...object, metadata }] as const;
  });
  harness.evict();
  return { harness, bases: Object.fromEntries(entries) };
};

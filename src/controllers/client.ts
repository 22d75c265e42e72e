import type { Identity } from '../auth/identity.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { ResourceName, ResourceTypes } from '../kinds/generated/types.ts';
import { cloneObject } from '../machinery/deep.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { hasReason, StatusError } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import type { Change, Registry, Target } from '../registry/contract.ts';
import type { Client, DeleteRequest } from './contract.ts';
import { type EventStore, recordEvent } from './recorder.ts';

export interface ClientOptions {
  readonly registry: Registry;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly identity: Identity;
  /** Manager recorded in managedFields, e.g. `kube-controller-manager`. */
  readonly fieldManager: string;
  /** Event source, e.g. `deployment-controller`. */
  readonly component: string;
  readonly now: () => Instant;
  /** The newest revision. */
  readonly sequence: () => number;
}

const splitResource = (name: string): readonly [group: string, resource: string] => {
  const dot = name.indexOf('.');
  return dot < 0 ? ['', name] : [name.slice(dot + 1), name.slice(0, dot)];
};

/** Targets of the typed resource names, resolved once each. */
const makeTargets = (catalog: Catalog) => {
  const cache = new Map<string, Pick<Target, 'kind' | 'version'>>();
  return (name: ResourceName, namespace: string, object?: string, subresource?: string): Target => {
    let resolved = cache.get(name);
    if (resolved === undefined) {
      const kind = catalog.stored(...splitResource(name));
      const version = kind?.served.find((served) => served.version === kind.storageVersion);
      if (kind === undefined || version === undefined) throw new Error(`no resource ${name}`);
      resolved = { kind, version };
      cache.set(name, resolved);
    }
    return {
      ...resolved,
      namespace,
      ...(object === undefined ? {} : { name: object }),
      ...(subresource === undefined ? {} : { subresource }),
    };
  };
};

/** A deep, mutable copy: what a controller hands over may share frozen parts with the store. */
const draftOf = (object: KubeObject): Draft => cloneObject(object) as unknown as Draft;

/** Events are best effort, as upstream: one that is refused (its namespace is going away) is dropped. */
const bestEffort = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
};

/** Runs a write on something that may be gone; gone is `undefined`, not an error. */
const unlessGone = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
};

/** The in-process client of one controller: the same registry and the same gate as a user's request. */
export const makeClient = (options: ClientOptions): Client => {
  const { registry, catalog, identity, fieldManager } = options;
  const target = makeTargets(catalog);
  const write = { fieldManager, isQuiet: true };

  const update = (to: Target, change: (current: KubeObject) => KubeObject): KubeObject | undefined => {
    const apply: Change = (_draft, current) => {
      const next = change(current);
      return next === current ? undefined : (next as unknown as Draft);
    };
    const how = { ...write, replaces: true, shares: true };
    return unlessGone(() => registry.update(to, apply, identity, how).object);
  };

  const remove = (to: Target, request: DeleteRequest): boolean => {
    const { uid, resourceVersion, ...rest } = request;
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    try {
      registry.delete(to, identity, { ...rest, preconditions });
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      if (hasReason(error, 'Conflict') && uid !== undefined) return false;
      throw error;
    }
  };

  const targetOf = (object: KubeObject): Target => {
    const gv = parseGroupVersion(object.apiVersion) ?? { group: '', version: '' };
    const resolved = catalog.kind(gv.group, gv.version, object.kind);
    if (resolved === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
    return { ...resolved, namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
  };

  const events: EventStore = {
    involving: (uid) => options.lookup.byIndex('events', 'events/involved', uid),
    create: (event) => {
      const namespace = event.metadata.namespace ?? 'default';
      // Differs: upstream records the component as the manager of its events too; nobody applies to events, and they
      // are half of all writes.
      registry.createBuilt(target('events', namespace), event as unknown as Draft, identity);
    },
    update: (event) => {
      const { namespace = '', name = '' } = event.metadata;
      update(target('events', namespace, name), () => event);
    },
  };

  return {
    create: (resource, object) =>
      registry.create(target(resource, object.metadata.namespace ?? ''), draftOf(object), identity, write)
        .object as ResourceTypes[typeof resource],
    update: (resource, namespace, name, change) =>
      update(target(resource, namespace, name), change as unknown as (current: KubeObject) => KubeObject) as
        | ResourceTypes[typeof resource]
        | undefined,
    updateStatus: (resource, namespace, name, change, subresource = 'status') =>
      update(
        target(resource, namespace, name, subresource),
        change as unknown as (current: KubeObject) => KubeObject,
      ) as ResourceTypes[typeof resource] | undefined,
    delete: (resource, namespace, name, request = {}) => remove(target(resource, namespace, name), request),
    expire: (resource, until, limit) => registry.expire(target(resource, '').kind, until, limit),
    bind: (namespace, pod, node) => {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod, namespace },
        target: { kind: 'Node', name: node },
      };
      registry.create(target('pods', namespace, pod, 'binding'), { ...binding }, identity, write);
    },
    updateObject: (object, change) => update(targetOf(object), change),
    deleteObject: (object, request = {}) => remove(targetOf(object), request),
    event: (regarding, note) => {
      const component = note.component ?? options.component;
      const recording = { regarding, note, component, now: options.now(), sequence: options.sequence() };
      bestEffort(() => recordEvent(events, recording));
    },
  };
};

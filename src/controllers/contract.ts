/**
 * What a controller is. The scheduler and the kubelet are controllers too. They meet only through objects in
 * the store; they never see SQL, HTTP, ports or each other.
 */

import type { Lookup } from '../kinds/define.ts';
import type { Pod, ResourceName, ResourceTypes, Secret, ServiceAccount } from '../kinds/generated/types.ts';
import type { KeyParts } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import type { CertificateTemplate } from '../machinery/x509/certificate.ts';

/** One change of an object, as a controller's mapping sees it. */
export interface ObjectChange<Type extends KubeObject = KubeObject> {
  readonly op: 'create' | 'update' | 'delete';
  /** When it was written. */
  readonly at: Instant;
  readonly object: Type;
  readonly previous?: Type;
}

/** Maps changes of one resource to keys to reconcile. A change that cannot matter maps to no keys. */
export interface WatchMapping {
  /** `*` is every kind but Events, run-time kinds included. */
  readonly resource: ResourceName | '*';
  /** The place costs nothing; the objects of a change may have to be read. */
  readonly keys: (change: ObjectChange, lookup: Lookup, place: KeyParts) => readonly string[];
  /** Delay of these changes when it is not the controller's own latency (a controller that batches them). */
  readonly latencyMs?: number;
}

/** Builds a mapping with the resource's type. */
export const watch = <Name extends ResourceName>(
  resource: Name,
  keys: (change: ObjectChange<ResourceTypes[Name]>, lookup: Lookup, place: KeyParts) => readonly string[],
  latencyMs?: number,
): WatchMapping => ({
  resource,
  keys: keys as WatchMapping['keys'],
  ...(latencyMs === undefined ? {} : { latencyMs }),
});

/**
 * A mapping of changes of every kind; it runs on every write, so it must be cheap. Events are left out, as upstream's
 * collector and quota leave them out: they own nothing, and are most of what is written.
 */
export const watchEverything = (keys: WatchMapping['keys'], latencyMs?: number): WatchMapping => ({
  resource: '*',
  keys,
  ...(latencyMs === undefined ? {} : { latencyMs }),
});

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** What happened, for the recorder. Repeats are aggregated as upstream's recorder does. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `involvedObject.fieldPath`, e.g. `spec.containers{nginx}`. */
  readonly fieldPath?: string;
  /** Absent: the controller's component name. */
  readonly component?: string;
  readonly host?: string;
  /** Set for recorders that use events.k8s.io (the scheduler): action and reporting controller. */
  readonly action?: string;
  readonly related?: KubeObject;
}

/** Writes as the controller's system identity, through the same gate as a user's. Throws StatusError. */
export interface Client {
  create<Name extends ResourceName>(resource: Name, object: ResourceTypes[Name]): ResourceTypes[Name];
  /**
   * Read-modify-write of the main resource: `change` gets the current object and returns the wanted one (copy
   * what changes; return the same reference for no change). `undefined` when the object is gone.
   */
  update<Name extends ResourceName>(
    resource: Name,
    namespace: string,
    name: string,
    change: (current: ResourceTypes[Name]) => ResourceTypes[Name],
  ): ResourceTypes[Name] | undefined;
  /** The same for the status subresource (or another named one). */
  updateStatus<Name extends ResourceName>(
    resource: Name,
    namespace: string,
    name: string,
    change: (current: ResourceTypes[Name]) => ResourceTypes[Name],
    subresource?: string,
  ): ResourceTypes[Name] | undefined;
  /** Deletes; a missing object (or another uid than asked for) is `false`, not an error. */
  delete<Name extends ResourceName>(
    resource: Name,
    namespace: string,
    name: string,
    options?: DeleteRequest,
  ): boolean;
  /** Ends what nobody has written after an instant, at most so many, without asking anybody; true when there are more. */
  expire(resource: ResourceName, until: Instant, limit: number): boolean;
  /** Binds a pod to a node (pods/binding). */
  bind(namespace: string, pod: string, node: string): void;
  /** Scale or any object by kind, for the garbage collector: update metadata or delete whatever it is. */
  updateObject(object: KubeObject, change: (current: KubeObject) => KubeObject): KubeObject | undefined;
  deleteObject(object: KubeObject, options?: DeleteRequest): boolean;
  /** Records an Event about the object. */
  event(regarding: KubeObject, note: EventNote): void;
}

/**
 * The write log as a cache key: what the scheduler's snapshot and the like are advanced by. A cache that is ahead of
 * `revision()` must be rebuilt.
 */
export interface ChangeLog {
  revision(): number;
  /** Writes after a revision, oldest first; `undefined` when they were compacted away. */
  since(
    revision: number,
  ): readonly (ObjectChange & { readonly key: string; readonly revision: number })[] | undefined;
}

/** How long simulated things take: a cluster setting. */
export type Latency = 'instant' | 'fast' | 'realistic';

/**
 * What a controller must remember beside the objects, by key: upstream's controllers hold it in memory. Small
 * texts, kept in the store, rolled back with the call that wrote them.
 */
export interface Notes {
  get(key: string): string | undefined;
  set(key: string, text: string | undefined): void;
}

/** A token a kubelet asks for: for whom, and how long it is to last. Absent: the API server, an hour. */
export interface PodTokenOrder {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

/** What the cluster signs with its own keys. The same order at the same instant gives the same bytes. */
export interface Issuer {
  /** PEM of the authority behind the API server's certificate: `ca.crt` of pods and token Secrets. */
  readonly serverCertificate: string;
  /** When the authority of client certificates ends. */
  readonly endsAt: Instant;
  /** Signs a certificate; PEM. */
  certificate(template: CertificateTemplate): string;
  /** The token without an end that a Secret is to hold. */
  secretToken(account: ServiceAccount, secret: Secret): string;
  /**
   * The token in a projected volume of the pod at an instant, as the kubelet renewed it last; `undefined` when it could
   * not have got one.
   */
  podToken(pod: Pod, order: PodTokenOrder, at: Instant): string | undefined;
}

export interface Context {
  readonly now: Instant;
  readonly issuer: Issuer;
  /** Where the API is reached: `host:port`. */
  readonly advertise: string;
  readonly lookup: Lookup;
  readonly client: Client;
  readonly latency: Latency;
  readonly notes: Notes;
  readonly log: ChangeLog;
  /**
   * Derived randomness in [0, 1): the same cluster seed, purpose and parts give the same value for ever. Pass
   * something from the store among the parts (a uid, a revision), never a counter of your own.
   */
  random(purpose: string, ...parts: readonly (string | number)[]): number;
}

/**
 * Nothing more to do until something changes, or run again at an instant (now or later). With `retry` the
 * call's writes stay (events and conditions about a failure), but the key backs off exponentially as after a
 * throw; `at` is then ignored.
 */
export type Outcome = undefined | { readonly at: Instant; readonly retry?: true; readonly backoff?: Backoff };

/** A back-off that is not the usual 5 ms doubling to 1,000 s. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface Controller {
  /** Upstream's controller name, e.g. `deployment-controller`: Event source and identity. */
  readonly name: string;
  readonly watches: readonly WatchMapping[];
  /**
   * Level-triggered: reads everything afresh, may run any number of times, at most 25 writes a call. A thrown
   * StatusError rolls back this call's writes and is retried with exponential back-off.
   */
  readonly reconcile: (context: Context, key: string) => Outcome;
}

/** How long a controller's steps take in a cluster that is not instant; what it is at work on waits meanwhile. */
export interface Work {
  /** From a change until the controller takes it up. */
  readonly reactMs: number;
  /** One write to the API server. */
  readonly writeMs: number;
  /** Pods are written in batches of 1, 2, 4... in parallel, or all together; absent: one by one. */
  readonly pods?: 'in batches' | 'together';
}

/** How long a controller's steps take in a cluster that is not instant; what it is at work on waits meanwhile. */
export interface Work {
  /** From a change until the controller takes it up. */
  readonly reactMs: number;
  /** One write to the API server. */
  readonly writeMs: number;
  /** Pods are written in batches of 1, 2, 4... in parallel, or all together; absent: one by one. */
  readonly pods?: 'in batches' | 'together';
}

/** A controller with its place in the order of work and the delay before an event reaches it. */
export interface OrderedController {
  readonly controller: Controller;
  /** The delay in an instant cluster, and for controllers without `work`. */
  readonly latencyMs: number;
  readonly work?: Work;
}

/** Key of a namespaced object for reconcile: `namespace/name` (`/name` for cluster scope). */
export const keyOf = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;

/** Splits what `keyOf` made. */
export const splitKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

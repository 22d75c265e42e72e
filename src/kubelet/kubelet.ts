import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { ConfigMap, Node, Pod, PodStatus, Secret } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { printTime } from '../machinery/time.ts';
import { type Refusal, refuse } from './admit.ts';
import { nodeImageNames } from './launch.ts';
import { endLease, syncNode } from './node-life.ts';
import { AddressBook } from './pod-address.ts';
import { type Stop, stopPod } from './stop-pod.ts';
import { instantOf, lookAgain, makeSync, notePod, type Sync } from './sync.ts';
import { syncPod } from './sync-pod.ts';

/** A node with this annotation set to `external` is driven by a client: nothing is simulated on it. */
export const KUBELET_ANNOTATION = 'kubicle.dev/kubelet';
/** Set while a node is cut off or off: its kubelet does nothing. The value is the time of its last heartbeat. */
export const LAST_HEARTBEAT_ANNOTATION = 'kubicle.dev/last-heartbeat';

/** Whether a simulated kubelet acts on the node now. */
const isActing = (node: Node): boolean => {
  const annotations = node.metadata.annotations ?? {};
  return (
    annotations[KUBELET_ANNOTATION] !== 'external' && annotations[LAST_HEARTBEAT_ANNOTATION] === undefined
  );
};

const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const gatesDiffer = (pod: Pod, previous: Pod): boolean =>
  (pod.spec?.readinessGates ?? []).some(({ conditionType }) => {
    const status = (of: Pod) => of.status?.conditions?.find(({ type }) => type === conditionType)?.status;
    return status(pod) !== status(previous);
  });

/** Changes of a pod that its kubelet must look at: all but those it writes itself. */
const concernsKubelet = (pod: Pod, previous: Pod | undefined): boolean => {
  if (!pod.spec?.nodeName) return false;
  if (previous === undefined || !previous.spec?.nodeName) return true;
  return (
    pod.metadata.generation !== previous.metadata.generation ||
    pod.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    (isOver(pod) && !isOver(previous)) ||
    gatesDiffer(pod, previous)
  );
};

/** Pods of a namespace that could not start for want of some object. */
const waitingPods = (lookup: Lookup, namespace: string): readonly string[] =>
  lookup
    .list('pods', namespace)
    .filter((pod) => pod.status?.phase === 'Pending' && pod.spec?.nodeName)
    .map(keyOf);

/** A ConfigMap or Secret that is new, or has other keys than before: what pods could be waiting for. */
const offersMore = ({ op, object, previous }: ObjectChange<ConfigMap | Secret>): boolean => {
  if (op !== 'update' || previous === undefined) return op === 'create';
  const keys = (of: ConfigMap | Secret): string =>
    Object.keys({ ...of.data, ...(of as ConfigMap).binaryData }).join();
  return keys(object) !== keys(previous);
};

const podsOf = (lookup: Lookup, node: Node): readonly string[] =>
  lookup.byIndex('pods', 'pods/node', node.metadata.name ?? '').map(keyOf);

const write = (sync: Sync, status: PodStatus): void => {
  const { context, pod } = sync;
  const host = sync.node.metadata.name ?? '';
  for (const note of sync.notes) context.client.event(pod, { ...note, component: 'kubelet', host });
  if (deepEqual(status, pod.status)) return;
  const { namespace = '', name = '' } = pod.metadata;
  context.client.updateStatus('pods', namespace, name, (current) =>
    current.metadata.uid === pod.metadata.uid ? { ...current, status } : current,
  );
};

/** Images that the pod's containers brought to the node, largest first; a node reports at most 50. */
const reportImages = (sync: Sync): void => {
  if (sync.pulled.size === 0) return;
  sync.context.client.updateStatus('nodes', '', sync.node.metadata.name ?? '', (current) => {
    const added = [...sync.pulled]
      .filter(([name]) => !(current.status?.images ?? []).some(({ names }) => names?.includes(name)))
      .map(([name, sizeBytes]) => ({ names: nodeImageNames(name), sizeBytes }));
    if (added.length === 0) return current;
    const images = [...(current.status?.images ?? []), ...added]
      .sort((a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0))
      .slice(0, 50);
    return { ...current, status: { ...current.status, images } };
  });
};

/** Whether the pod has outlived its `activeDeadlineSeconds`; else asks for a look when it will have. */
const isPastDeadline = (sync: Sync): boolean => {
  const seconds = sync.pod.spec?.activeDeadlineSeconds;
  const started = sync.pod.status?.startTime;
  if (seconds === undefined || started === undefined) return false;
  const due = instantOf(started) + seconds * 1000;
  return due <= sync.now;
};

const stopOf = (sync: Sync): Stop | undefined => {
  const { pod, now } = sync;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = pod.metadata;
  const ownGraceMs = (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  if (deletionTimestamp !== undefined) {
    const graceMs = deletionGracePeriodSeconds * 1000;
    const isNew = (pod.status?.observedGeneration ?? 0) < (generation ?? 0);
    const asked = instantOf(deletionTimestamp) - graceMs;
    return { since: isNew && now - asked < 1000 ? now : asked, graceMs, isNew };
  }
  if (isOver(pod)) return { since: now - ownGraceMs, graceMs: ownGraceMs, isNew: true };
  if (!isPastDeadline(sync)) return undefined;
  notePod(
    sync,
    'Normal',
    'DeadlineExceeded',
    'Pod was active on the node longer than the specified deadline',
  );
  return {
    since: now,
    graceMs: ownGraceMs,
    isNew: true,
    verdict: {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    },
  };
};

const outcomeOf = (sync: Sync): Outcome => (sync.next === undefined ? undefined : { at: sync.next });

const stop = (sync: Sync, how: Stop): Outcome => {
  const { pod, context } = sync;
  const { status, isOver: hasEnded } = stopPod(sync, how);
  write(sync, status);
  if (!hasEnded) return outcomeOf(sync);
  if (pod.metadata.deletionTimestamp !== undefined) {
    const { namespace = '', name = '', uid } = pod.metadata;
    context.client.delete('pods', namespace, name, { gracePeriodSeconds: 0, ...(uid ? { uid } : {}) });
  }
  return undefined;
};

/** A pod that is not taken has failed for good. */
const reject = (sync: Sync, { reason, message }: Refusal): Outcome => {
  const { pod } = sync;
  notePod(sync, 'Warning', reason, message);
  write(sync, {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: 'Failed',
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: printTime(sync.now),
  });
  return undefined;
};

const reconcileNode = (context: Context, name: string): Outcome => {
  const node = context.lookup.get('nodes', '', name);
  if (node === undefined) return undefined;
  if (isActing(node)) return syncNode(context, node);
  endLease(context, node);
  return undefined;
};

const reconcile = (context: Context, key: string, addresses: AddressBook): Outcome => {
  const { namespace, name } = splitKey(key);
  if (namespace === '') return reconcileNode(context, name);
  const pod = context.lookup.get('pods', namespace, name);
  if (pod?.spec?.nodeName === undefined || pod.spec.nodeName === '') return undefined;
  const node = context.lookup.get('nodes', '', pod.spec.nodeName);
  if (node === undefined || !isActing(node)) return undefined;
  const sync = makeSync(context, pod, node, addresses);
  const how = stopOf(sync);
  if (how !== undefined) return stop(sync, how);
  if (pod.status?.startTime === undefined) {
    const refusal = refuse(pod, node, () =>
      context.lookup.byIndex('pods', 'pods/node', node.metadata.name ?? ''),
    );
    if (refusal !== undefined) return reject(sync, refusal);
  }
  write(sync, syncPod(sync));
  reportImages(sync);
  const deadline = pod.spec.activeDeadlineSeconds;
  if (deadline !== undefined) {
    const started = pod.status?.startTime;
    lookAgain(sync, (started === undefined ? sync.now : instantOf(started)) + deadline * 1000);
  }
  return outcomeOf(sync);
};

/**
 * The kubelets of all simulated nodes: keeps the nodes alive and plays the life of every pod that is bound to one. The
 * key is a pod, or a node (without namespace).
 */
export const makeKubelet = (): Controller => {
  const addresses = new AddressBook();
  return {
    name: 'kubelet',
    watches: [
      watch('pods', ({ op, object, previous }) =>
        op !== 'delete' && concernsKubelet(object, previous) ? [keyOf(object)] : [],
      ),
      watch('nodes', ({ op, object, previous }, lookup) => {
        if (op === 'delete') return [];
        const isNew = previous === undefined;
        if (!isActing(object)) return isNew || isActing(previous) ? [keyOf(object)] : [];
        const returned = isNew || !isActing(previous);
        const gotRange = (previous?.spec?.podCIDR ?? '') !== (object.spec?.podCIDR ?? '');
        return [
          ...(returned ? [keyOf(object)] : []),
          ...(returned || gotRange ? podsOf(lookup, object) : []),
        ];
      }),
      watch('configmaps', (change, lookup) =>
        offersMore(change) ? waitingPods(lookup, change.object.metadata.namespace ?? '') : [],
      ),
      // Init containers wait for the names of services.
      watch('services', ({ op, object }, lookup) =>
        op === 'create' ? waitingPods(lookup, object.metadata.namespace ?? '') : [],
      ),
      watch('secrets', (change, lookup) =>
        offersMore(change) ? waitingPods(lookup, change.object.metadata.namespace ?? '') : [],
      ),
    ],
    reconcile: (context, key) => reconcile(context, key, addresses),
  };
};

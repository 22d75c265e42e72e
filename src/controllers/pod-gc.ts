import type { Node, Pod } from '../kinds/generated/types.ts';
import { findCondition } from './common/conditions.ts';
import { markDisrupted } from './common/disruption.ts';
import { isFinished } from './common/pods.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';

/** Quarantine of 40 s and a cycle of 20 s: pods of a vanished node go about 45 s later. */
export const POD_GC_LATENCY_MS = 43_000;
/** Half a cycle: what needs no quarantine. */
const CYCLE_MS = 10_000;
const BATCH = 8;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const UNBOUND = 'unbound|';

const isOutOfService = (node: Node): boolean =>
  node.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) === true;

/** A pod that goes without having finished is Failed first: no kubelet will ever say so. */
const fail = (context: Context, pod: Pod): void => {
  const generation = pod.metadata.generation;
  context.client.updateStatus('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      ...current.status,
      phase: 'Failed',
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    },
  }));
};

const remove = (context: Context, pod: Pod, message?: string): void => {
  const { namespace = '', name = '', uid } = pod.metadata;
  if (!isFinished(pod)) {
    if (message === undefined) fail(context, pod);
    else markDisrupted(context, pod, 'DeletionByPodGC', message, 'Failed');
  }
  context.client.delete('pods', namespace, name, {
    gracePeriodSeconds: 0,
    ...(uid === undefined ? {} : { uid }),
  });
};

const isDeletedUnbound = (pod: Pod): boolean =>
  !pod.spec?.nodeName && pod.metadata.deletionTimestamp !== undefined && !isFinished(pod);

/** A pod that was never put on a node, and something keeps from going. */
const removeUnbound = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const pod = context.lookup.get('pods', namespace, name);
  if (pod !== undefined && isDeletedUnbound(pod)) remove(context, pod);
  return undefined;
};

const reconcile = (context: Context, key: string): Outcome => {
  if (key.startsWith(UNBOUND)) return removeUnbound(context, key.slice(UNBOUND.length));
  const node = context.lookup.get('nodes', '', key);
  const pods = context.lookup.byIndex('pods', 'pods/node', key);
  if (node === undefined) {
    for (const pod of pods.slice(0, BATCH)) remove(context, pod, 'PodGC: node no longer exists');
    return pods.length > BATCH ? { at: context.now } : undefined;
  }
  const isReady = findCondition(node.status?.conditions, 'Ready')?.status === 'True';
  if (!isOutOfService(node) || isReady) return undefined;
  const going = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
  for (const pod of going.slice(0, BATCH)) remove(context, pod);
  return going.length > BATCH ? { at: context.now } : undefined;
};

/**
 * Removes pods of nodes that do not exist, terminating pods of nodes out of service, and terminating pods that never had
 * a node (pkg/controller/podgc, release 1.36). The key is the node's name, or `unbound|` and the pod's.
 */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  watches: [
    watch('nodes', ({ op, object }) => (op === 'delete' ? [object.metadata.name ?? ''] : [])),
    watch(
      'nodes',
      ({ op, object }) => (op !== 'delete' && isOutOfService(object) ? [object.metadata.name ?? ''] : []),
      CYCLE_MS,
    ),
    watch('pods', ({ op, object, previous }, lookup) => {
      const nodeName = object.spec?.nodeName ?? '';
      if (op === 'delete' || nodeName === '' || previous?.spec?.nodeName === nodeName) return [];
      return lookup.get('nodes', '', nodeName) === undefined ? [nodeName] : [];
    }),
    watch(
      'pods',
      ({ op, object, previous }, lookup) => {
        const hasBegun = object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp;
        if (op === 'delete' || !hasBegun) return [];
        if (isDeletedUnbound(object)) return [`${UNBOUND}${keyOf(object)}`];
        const node = lookup.get('nodes', '', object.spec?.nodeName ?? '');
        return node !== undefined && isOutOfService(node) ? [node.metadata.name ?? ''] : [];
      },
      CYCLE_MS,
    ),
  ],
  reconcile,
};

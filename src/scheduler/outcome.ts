import { SELECTED_NODE } from '../controllers/common/volumes.ts';
import type { Context } from '../controllers/contract.ts';
import type { PersistentVolumeClaim, Pod, PodCondition } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import { findVolumeOn } from './claims.ts';
import { waitingPods } from './parked.ts';
import type { Victims } from './preempt.ts';
import type { NodeState } from './snapshot.ts';

/** What an attempt does to the cluster: bind, wait for volumes, preempt or park. */

const withCondition = (pod: Pod, condition: PodCondition): Pod => {
  const conditions = pod.status?.conditions ?? [];
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const next =
    index < 0 ? [...conditions, condition] : conditions.map((old, at) => (at === index ? condition : old));
  return { ...pod, status: { ...pod.status, conditions: next } };
};

const updatePod = (context: Context, pod: Pod, change: (current: Pod) => Pod): void => {
  const { namespace = '', name = '' } = pod.metadata;
  context.client.updateStatus('pods', namespace, name, change);
};

const withNomination = (pod: Pod, nominated: string): Pod => {
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  return { ...pod, status: nominated === '' ? status : { ...status, nominatedNodeName: nominated } };
};

/**
 * Records why a pod has to wait; `nominated` is the node that preemption makes room on, '' takes an earlier promise
 * back, absent leaves it.
 */
export const park = (context: Context, pod: Pod, message: string, nominated?: string): void => {
  context.client.event(pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message });
  updatePod(context, pod, (current) => {
    const known = current.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const isKnown =
      known?.status === 'False' && known.reason === 'Unschedulable' && known.message === message;
    const isNominated = nominated === undefined || (current.status?.nominatedNodeName ?? '') === nominated;
    if (isKnown && isNominated) return current;
    const marked = withCondition(current, {
      type: 'PodScheduled',
      ...(current.metadata.generation ? { observedGeneration: current.metadata.generation } : {}),
      status: 'False',
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : printTime(context.now),
      reason: 'Unschedulable',
      message,
    });
    return nominated === undefined ? marked : withNomination(marked, nominated);
  });
};

/** Assigns the pod to the node. */
export const bind = (context: Context, pod: Pod, node: string): void => {
  const { namespace = '', name = '' } = pod.metadata;
  context.client.bind(namespace, name, node);
  context.client.event(pod, {
    type: 'Normal',
    reason: 'Scheduled',
    action: 'Binding',
    message: `Successfully assigned ${namespace}/${name} to ${node}`,
  });
};

const claimVolume = (context: Context, claim: PersistentVolumeClaim, volume: string): void => {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  context.client.update('persistentvolumes', '', volume, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      annotations: { ...current.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' },
    },
    spec: {
      ...current.spec,
      claimRef: { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion },
    },
  }));
};

/**
 * Starts binding the claims that waited for their first consumer: takes a free volume or tells the provisioner the
 * node. The pod is nominated and bound once its claims are.
 */
export const bindClaims = (
  context: Context,
  pod: Pod,
  claims: readonly PersistentVolumeClaim[],
  node: NodeState,
): void => {
  const taken = new Set<string>();
  for (const claim of claims) {
    const { namespace = '', name = '', annotations } = claim.metadata;
    const volume = findVolumeOn(context.lookup, claim, node.node, taken)?.metadata.name;
    if (volume !== undefined) {
      taken.add(volume);
      claimVolume(context, claim, volume);
    } else if (annotations?.[SELECTED_NODE] !== node.name) {
      context.client.update('persistentvolumeclaims', namespace, name, (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          annotations: { ...current.metadata.annotations, [SELECTED_NODE]: node.name },
        },
      }));
    }
  }
  updatePod(context, pod, (current) =>
    current.status?.nominatedNodeName === node.name ? current : withNomination(current, node.name),
  );
};

/** Less important pods that were promised the node may not fit it any more: they are to look again. */
const takeBackPromises = (context: Context, pod: Pod, node: string): void => {
  const priority = pod.spec?.priority ?? 0;
  for (const other of waitingPods(context.lookup)) {
    if (other.status?.nominatedNodeName !== node || (other.spec?.priority ?? 0) >= priority) continue;
    updatePod(context, other, (current) => withNomination(current, ''));
  }
};

/** Removes the victims: each is told why, deleted and gets an Event that names the preemptor by uid. */
export const evictVictims = (context: Context, pod: Pod, { pods, node }: Victims): void => {
  takeBackPromises(context, pod, node);
  for (const victim of pods) {
    const { namespace = '', name = '', uid = '' } = victim.metadata;
    if (victim.metadata.deletionTimestamp !== undefined) continue;
    updatePod(context, victim, (current) =>
      withCondition(current, {
        type: 'DisruptionTarget',
        ...(current.metadata.generation ? { observedGeneration: current.metadata.generation } : {}),
        status: 'True',
        lastTransitionTime: printTime(context.now),
        reason: 'PreemptionByScheduler',
        message: 'default-scheduler: preempting to accommodate a higher priority pod',
      }),
    );
    context.client.delete('pods', namespace, name, { uid });
    context.client.event(victim, {
      type: 'Normal',
      reason: 'Preempted',
      action: 'Preempting',
      message: `Preempted by pod ${pod.metadata.uid} on node ${node}`,
    });
  }
};

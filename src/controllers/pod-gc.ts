import type { Pod } from '../kinds/generated/types.ts';
import { markDisrupted } from './common/disruption.ts';
import { isFinished } from './common/pods.ts';
import { type Context, type Controller, type Outcome, watch } from './contract.ts';

/** Quarantine of 40 s and a cycle of 20 s: pods of a vanished node go about 45 s later. */
export const POD_GC_LATENCY_MS = 43_000;
const BATCH = 8;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

const remove = (context: Context, pod: Pod, message: string): void => {
  const { namespace = '', name = '', uid } = pod.metadata;
  if (!isFinished(pod)) markDisrupted(context, pod, 'DeletionByPodGC', message, 'Failed');
  context.client.delete('pods', namespace, name, {
    gracePeriodSeconds: 0,
    ...(uid === undefined ? {} : { uid }),
  });
};

const reconcile = (context: Context, nodeName: string): Outcome => {
  const node = context.lookup.get('nodes', '', nodeName);
  const pods = context.lookup.byIndex('pods', 'pods/node', nodeName);
  if (node === undefined) {
    for (const pod of pods.slice(0, BATCH)) remove(context, pod, 'PodGC: node no longer exists');
    return pods.length > BATCH ? { at: context.now } : undefined;
  }
  const outOfService = node.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) === true;
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
  if (!outOfService || ready) return undefined;
  const going = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
  for (const pod of going.slice(0, BATCH)) remove(context, pod, 'PodGC: node is out of service');
  return going.length > BATCH ? { at: context.now } : undefined;
};

/**
 * Removes pods of nodes that do not exist, and terminating pods of nodes out of service (pkg/controller/podgc,
 * release 1.36). The key is the node's name; the latency is the quarantine.
 */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  watches: [
    watch('nodes', ({ op, object }) => {
      const tainted = object.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) === true;
      return op === 'delete' || tainted ? [object.metadata.name ?? ''] : [];
    }),
    watch('pods', ({ op, object, previous }, lookup) => {
      const nodeName = object.spec?.nodeName ?? '';
      if (op === 'delete' || nodeName === '') return [];
      const node = lookup.get('nodes', '', nodeName);
      const moved = previous?.spec?.nodeName !== nodeName;
      const started = object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp;
      if (node === undefined) return moved ? [nodeName] : [];
      const tainted = node.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) === true;
      return tainted && started ? [nodeName] : [];
    }),
  ],
  reconcile,
};

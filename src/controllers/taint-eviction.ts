import type { Lookup } from '../kinds/define.ts';
import type { Node, Pod, Taint } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import { markDisrupted } from './common/disruption.ts';
import { findToleration, staysForever, taintsOf } from './common/taints.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';

/** How long a pod may stay with these taints (ms): 0 when it must go at once, `undefined` when it may for ever. */
const patienceOf = (pod: Pod, taints: readonly Taint[]): number | undefined => {
  let seconds = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const toleration = findToleration(pod.spec?.tolerations, taint);
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined)
      seconds = Math.min(seconds, Math.max(0, toleration.tolerationSeconds));
  }
  return seconds === Number.POSITIVE_INFINITY ? undefined : seconds * 1000;
};

/** Upstream names the pod alone, not which of that name. */
const bare = ({ apiVersion, kind, metadata: { name, namespace } }: Pod): KubeObject => ({
  apiVersion,
  kind,
  metadata: { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) },
});

const note = (
  context: Context,
  pod: Pod,
  text: 'Marking for deletion Pod' | 'Cancelling deletion of Pod',
): void =>
  context.client.event(bare(pod), {
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `${text} ${keyOf(pod)}`,
  });

const evict = (context: Context, pod: Pod): void => {
  note(context, pod, 'Marking for deletion Pod');
  markDisrupted(context, pod, 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint');
  const { namespace = '', name = '', uid } = pod.metadata;
  context.client.delete('pods', namespace, name, uid === undefined ? {} : { uid });
};

/** The eviction that was decided on for this very pod. */
const pendingOf = (context: Context, key: string, pod: Pod | undefined): Instant | undefined => {
  const note = context.notes.get(key);
  if (note === undefined) return undefined;
  const [uid, due = ''] = note.split(' ');
  if (pod !== undefined && uid === pod.metadata.uid) return Number(due);
  context.notes.set(key, undefined);
  return undefined;
};

const forget = (context: Context, key: string): void => context.notes.set(key, undefined);

const cancel = (context: Context, key: string, pod: Pod): void => {
  forget(context, key);
  note(context, pod, 'Cancelling deletion of Pod');
};

/**
 * Time runs from when the taint was seen, or the pod on a tainted node; other taints meanwhile do not move it, unless one
 * is not tolerated or none is left.
 */
const reconcile = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const found = context.lookup.get('pods', namespace, name);
  const pod = found?.metadata.deletionTimestamp === undefined ? found : undefined;
  const pending = pendingOf(context, key, pod);
  if (pod === undefined) return undefined;
  const node = context.lookup.get('nodes', '', pod.spec?.nodeName ?? '');
  if (pending !== undefined && (node === undefined || pending <= context.now)) {
    if (pending > context.now) return { at: pending };
    forget(context, key);
    evict(context, pod);
    return undefined;
  }
  const taints = taintsOf(node, 'NoExecute');
  const patience = patienceOf(pod, taints);
  if (patience === undefined) {
    if (pending !== undefined) cancel(context, key, pod);
    return undefined;
  }
  if (patience === 0) {
    if (pending !== undefined) cancel(context, key, pod);
    evict(context, pod);
    return undefined;
  }
  const due = pending ?? context.now + patience;
  if (pending === undefined) context.notes.set(key, `${pod.metadata.uid ?? ''} ${due}`);
  return { at: due };
};

const nodeKeys = ({ op, object, previous }: ObjectChange<Node>, lookup: Lookup): readonly string[] => {
  if (op === 'delete') return [];
  const taints = taintsOf(object, 'NoExecute');
  const before = taintsOf(previous, 'NoExecute');
  if (deepEqual(taints, before)) return [];
  return lookup
    .byIndex('pods', 'pods/node', object.metadata.name ?? '')
    .filter((pod) => !staysForever(pod, taints) || !staysForever(pod, before))
    .map(keyOf);
};

const podKeys = ({ op, object, previous }: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const nodeName = object.spec?.nodeName ?? '';
  if (nodeName === '') return [];
  const isGoing = op === 'delete' || object.metadata.deletionTimestamp !== undefined;
  if (
    !isGoing &&
    previous?.spec?.nodeName === nodeName &&
    deepEqual(previous.spec?.tolerations, object.spec?.tolerations)
  )
    return [];
  return taintsOf(lookup.get('nodes', '', nodeName), 'NoExecute').length > 0 ? [keyOf(object)] : [];
};

/** Deletes pods from nodes with NoExecute taints they do not tolerate (pkg/controller/tainteviction, release 1.36). */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  watches: [watch('nodes', nodeKeys), watch('pods', podKeys)],
  reconcile,
};

import type { Lookup } from '../kinds/define.ts';
import type { Node, Pod, Taint } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
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

/** When the taint was put on: its own word, or when the field `spec.taints` was last written. */
const addedAt = (node: Node, taint: Taint, now: Instant): Instant => {
  const own = parseTime(taint.timeAdded ?? '');
  if (own !== undefined) return own;
  const written = (node.metadata.managedFields ?? [])
    .filter((entry) => JSON.stringify(entry.fieldsV1 ?? {}).includes('"f:taints"'))
    .map((entry) => parseTime(entry.time ?? '') ?? 0);
  return written.length === 0 ? now : Math.max(...written);
};

/** When the pod must go because of NoExecute taints: never (`undefined`), or an instant, perhaps past. */
const evictionAt = (node: Node, pod: Pod, taints: readonly Taint[], now: Instant): Instant | undefined => {
  let seconds = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const toleration = findToleration(pod.spec?.tolerations, taint);
    if (toleration === undefined) return now;
    if (toleration.tolerationSeconds !== undefined)
      seconds = Math.min(seconds, Math.max(0, toleration.tolerationSeconds));
  }
  if (seconds === Number.POSITIVE_INFINITY) return undefined;
  return Math.max(...taints.map((taint) => addedAt(node, taint, now))) + seconds * 1000;
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

const reconcile = (context: Context, key: string): Outcome => {
  const cancelled = key.startsWith('cancel|');
  const { namespace, name } = splitKey(cancelled ? key.slice('cancel|'.length) : key);
  const pod = context.lookup.get('pods', namespace, name);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (cancelled) {
    note(context, pod, 'Cancelling deletion of Pod');
    return undefined;
  }
  const node = context.lookup.get('nodes', '', pod.spec?.nodeName ?? '');
  const taints = taintsOf(node, 'NoExecute');
  if (node === undefined || taints.length === 0) return undefined;
  const due = evictionAt(node, pod, taints, context.now);
  if (due === undefined) return undefined;
  if (due > context.now) return { at: due };
  evict(context, pod);
  return undefined;
};

const nodeKeys = ({ op, object, previous }: ObjectChange<Node>, lookup: Lookup): readonly string[] => {
  if (op === 'delete') return [];
  const taints = taintsOf(object, 'NoExecute');
  const before = taintsOf(previous, 'NoExecute');
  if (deepEqual(taints, before)) return [];
  const pods = lookup.byIndex('pods', 'pods/node', object.metadata.name ?? '');
  if (taints.length > 0) return pods.filter((pod) => !staysForever(pod, taints)).map(keyOf);
  return pods.filter((pod) => !staysForever(pod, before)).map((pod) => `cancel|${keyOf(pod)}`);
};

const podKeys = ({ op, object, previous }: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const nodeName = object.spec?.nodeName ?? '';
  if (op === 'delete' || nodeName === '' || object.metadata.deletionTimestamp !== undefined) return [];
  if (
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

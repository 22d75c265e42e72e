import {
  type Context,
  type Controller,
  type ObjectChange,
  type Outcome,
  watch,
} from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { PersistentVolumeClaim, Pod, ResourceV1ResourceClaim } from '../kinds/generated/types.ts';
import { attempt, type Candidate, tryNode } from './attempt.ts';
import { claimsOf } from './claims.ts';
import type { Cycle, Refusal } from './contract.ts';
import { withPods } from './node-variants.ts';
import { bind, bindClaims, evictVictims, park } from './outcome.ts';
import { parkedMappings, waitingPods } from './parked.ts';
import { preempt } from './preempt.ts';
import { defaultProfile, type ProfileEntry } from './profile.ts';
import { podOfKey, queueKey } from './queue.ts';
import { bindDevices, podClaims, usesClaim } from './resource-claims.ts';
import { type NodeState, Snapshot } from './snapshot.ts';

const NAME = 'default-scheduler';

/** Upstream looks once a second whether the claims of a pod it is binding are bound. */
const BIND_POLL_MS = 1_000;

/** One write of a binding that takes several. */
const STEP_MS = 6;

const isOurs = (pod: Pod): boolean =>
  !pod.spec?.nodeName &&
  (pod.spec?.schedulerName ?? NAME) === NAME &&
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.phase !== 'Succeeded' &&
  pod.status?.phase !== 'Failed';

const isGated = (pod: Pod): boolean => (pod.spec?.schedulingGates ?? []).length > 0;

/** Equal scores are broken by derived chance, as upstream breaks them by chance. */
const choose = (context: Context, pod: Pod, candidates: readonly Candidate[]): NodeState | undefined => {
  const best = candidates[0]?.score;
  const equals = candidates.filter(({ score }) => score === best);
  const draw = context.random('schedule', pod.metadata.uid ?? '', pod.metadata.resourceVersion ?? '');
  return equals[Math.floor(draw * equals.length)]?.node;
};

/** Nodes as a pod must see them: with the pods of its rank or above that were promised a place there. */
const withPromises = (
  pod: Pod,
  nodes: readonly NodeState[],
  nominated: Iterable<Pod>,
): readonly NodeState[] => {
  const promises = new Map<string, Pod[]>();
  for (const other of nominated) {
    if (other.metadata.uid === pod.metadata.uid) continue;
    if ((other.spec?.priority ?? 0) < (pod.spec?.priority ?? 0)) continue;
    const node = other.status?.nominatedNodeName ?? '';
    promises.set(node, [...(promises.get(node) ?? []), other]);
  }
  if (promises.size === 0) return nodes;
  return nodes.map((node) => {
    const promised = promises.get(node.name);
    return promised === undefined ? node : withPods(node, promised);
  });
};

/** Places the pod on a node, or starts binding the claims it waits for. */
const place = (context: Context, pod: Pod, node: NodeState): Outcome => {
  if (pod.spec?.resourceClaims !== undefined) {
    let devices = bindDevices(context, pod, node);
    if (devices === 'step' && context.latency !== 'instant') return { at: context.now + STEP_MS };
    while (devices === 'step') devices = bindDevices(context, pod, node);
    // What the devices went to will wake the pod when it lets them go.
    if (devices === 'stuck') return undefined;
  }
  const claims = pod.spec?.volumes === undefined ? undefined : claimsOf(context.lookup, pod);
  if (claims !== undefined && !('problem' in claims) && claims.waiting.length > 0) {
    bindClaims(context, pod, claims.waiting, node);
    return undefined;
  }
  bind(context, pod, node.name);
  return undefined;
};

const postFilter = (
  context: Context,
  cycle: Cycle,
  profile: readonly ProfileEntry[],
  message: string,
  refusals: ReadonlyMap<string, Refusal>,
  hasClaims: boolean,
): void => {
  const found = preempt(cycle, profile, refusals);
  if ('message' in found) {
    // The first half is the verdict of the plugin that frees device claims, which runs before preemption.
    const verdict = hasClaims ? 'still not schedulable' : 'no new claims to deallocate';
    const promise = found.isHopeless ? '' : undefined;
    park(context, cycle.pod, `${message} ${verdict}, preemption: ${found.message}`, promise);
    return;
  }
  evictVictims(context, cycle.pod, found.victims);
  park(context, cycle.pod, message, found.victims.node);
};

const schedule = (context: Context, cycle: Cycle, profile: readonly ProfileEntry[]): Outcome => {
  const { pod } = cycle;
  const nominated = cycle.nodes.find(({ name }) => name === pod.status?.nominatedNodeName);
  if (nominated !== undefined && tryNode(cycle, nominated, profile) === undefined) {
    return place(context, pod, nominated);
  }
  const outcome = attempt(cycle, profile);
  if (outcome.fits) {
    const node = choose(context, pod, outcome.candidates);
    return node === undefined ? undefined : place(context, pod, node);
  }
  if (outcome.refusals === undefined) park(context, pod, outcome.message);
  else postFilter(context, cycle, profile, outcome.message, outcome.refusals, outcome.hasClaims === true);
  return undefined;
};

const specChanged = (pod: Pod, previous: Pod | undefined): boolean =>
  previous !== undefined && pod.metadata.generation !== previous.metadata.generation;

const podKeys = ({ op, object, previous }: ObjectChange<Pod>): readonly string[] => {
  if (op === 'delete' || !isOurs(object) || isGated(object)) return [];
  const isNew = op === 'create' || (previous !== undefined && isGated(previous));
  const hasNewClaims = object.status?.resourceClaimStatuses !== previous?.status?.resourceClaimStatuses;
  if (hasNewClaims && object.spec?.resourceClaims !== undefined) return [queueKey(object)];
  return isNew || specChanged(object, previous) ? [queueKey(object)] : [];
};

/** Pods that nobody looked at yet because a claim of theirs did not exist. */
const madeClaimKeys = (
  { op, object }: ObjectChange<ResourceV1ResourceClaim>,
  lookup: Lookup,
): readonly string[] =>
  op !== 'create'
    ? []
    : lookup
        .list('pods', object.metadata.namespace ?? '')
        .filter((pod) => pod.spec?.resourceClaims !== undefined && isOurs(pod) && usesClaim(pod, object))
        .map(queueKey);

/** Pods that were nominated while their claims are being bound go on when a claim is. */
const claimKeys = ({ op, object }: ObjectChange<PersistentVolumeClaim>, lookup: Lookup): readonly string[] =>
  op === 'delete' || !object.spec?.volumeName
    ? []
    : waitingPods(lookup)
        .filter(
          (pod) => pod.status?.nominatedNodeName && pod.metadata.namespace === object.metadata.namespace,
        )
        .map(queueKey);

/**
 * The scheduler: a controller whose key is a pod. It binds the pod or parks it (returns without a wake-up); changes
 * that could help wake it again.
 */
export const makeScheduler = (profile: readonly ProfileEntry[] = defaultProfile): Controller => {
  const snapshot = new Snapshot();
  const reconcile = (context: Context, key: string): Outcome => {
    const { namespace, name } = podOfKey(key);
    const { lookup } = context;
    const pod = lookup.get('pods', namespace, name);
    if (pod === undefined || !isOurs(pod) || isGated(pod)) return undefined;
    if (pod.spec?.resourceClaims !== undefined && podClaims(lookup, pod) === undefined) return undefined;
    const all = snapshot.refresh(context.log, lookup);
    const nodes = withPromises(pod, all, snapshot.nominated());
    return schedule(context, { pod, lookup, nodes }, profile);
  };
  return {
    name: NAME,
    watches: [
      watch('pods', podKeys),
      watch('persistentvolumeclaims', claimKeys, BIND_POLL_MS),
      watch('resourceclaims.resource.k8s.io', madeClaimKeys),
      ...parkedMappings(profile),
    ],
    reconcile,
  };
};

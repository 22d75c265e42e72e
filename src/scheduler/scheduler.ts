import type { Context, Controller, Outcome } from '../controllers/contract.ts';
import { watch } from '../controllers/contract.ts';
import type { Pod, PodCondition } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import { type Attempt, attempt, type Candidate } from './attempt.ts';
import { parkedMappings, unschedulableMessage } from './parked.ts';
import { defaultProfile, type ProfileEntry } from './profile.ts';
import { backoffUntil, podOfKey, queueKey } from './queue.ts';
import { Snapshot } from './snapshot.ts';

const NAME = 'default-scheduler';

const isOurs = (pod: Pod): boolean =>
  !pod.spec?.nodeName &&
  (pod.spec?.schedulerName ?? NAME) === NAME &&
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.phase !== 'Succeeded' &&
  pod.status?.phase !== 'Failed';

const isGated = (pod: Pod): boolean => (pod.spec?.schedulingGates ?? []).length > 0;

/** Equal scores are broken by derived chance, as upstream breaks them by chance. */
const choose = (context: Context, pod: Pod, candidates: readonly Candidate[]): Candidate | undefined => {
  const best = candidates[0]?.score;
  const equals = candidates.filter(({ score }) => score === best);
  const draw = context.random('schedule', pod.metadata.uid ?? '', pod.metadata.resourceVersion ?? '');
  return equals[Math.floor(draw * equals.length)];
};

const withCondition = (pod: Pod, condition: PodCondition): Pod => {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
};

const park = (context: Context, pod: Pod, message: string): void => {
  const { namespace = '', name = '' } = pod.metadata;
  context.client.event(pod, {
    type: 'Warning',
    reason: 'FailedScheduling',
    action: 'Scheduling',
    message,
  });
  if (unschedulableMessage(pod) === message) return;
  context.client.updateStatus('pods', namespace, name, (current) => {
    const known = current.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return withCondition(current, {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : printTime(context.now),
      reason: 'Unschedulable',
      message,
    });
  });
};

const bind = (context: Context, pod: Pod, candidate: Candidate): void => {
  const { namespace = '', name = '' } = pod.metadata;
  context.client.bind(namespace, name, candidate.node.name);
  context.client.event(pod, {
    type: 'Normal',
    reason: 'Scheduled',
    action: 'Binding',
    message: `Successfully assigned ${namespace}/${name} to ${candidate.node.name}`,
  });
};

/**
 * The scheduler: a controller whose key is a pod. It binds the pod or parks it (returns without a wake-up); changes
 * that could help wake it again.
 */
export const makeScheduler = (profile: readonly ProfileEntry[] = defaultProfile): Controller => {
  const snapshot = new Snapshot();
  const reconcile = (context: Context, key: string): Outcome => {
    const { namespace, name } = podOfKey(key);
    const pod = context.lookup.get('pods', namespace, name);
    if (pod === undefined || !isOurs(pod) || isGated(pod)) return undefined;
    if (unschedulableMessage(pod) !== undefined) {
      const at = backoffUntil(context.lookup.byIndex('events', 'events/involved', pod.metadata.uid ?? ''));
      if (at > context.now) return { at };
    }
    const nodes = snapshot.refresh(context.log, context.lookup);
    const outcome: Attempt = attempt({ pod, lookup: context.lookup, nodes }, profile);
    if (!outcome.fits) {
      park(context, pod, outcome.message);
      return undefined;
    }
    const chosen = choose(context, pod, outcome.candidates);
    if (chosen !== undefined) bind(context, pod, chosen);
    return undefined;
  };
  return {
    name: NAME,
    watches: [
      watch('pods', ({ op, object, previous }) => {
        if (op === 'delete' || !isOurs(object) || isGated(object)) return [];
        const isNew = op === 'create' || (previous !== undefined && isGated(previous));
        return isNew || specChanged(object, previous) ? [queueKey(object)] : [];
      }),
      ...parkedMappings(profile),
    ],
    reconcile,
  };
};

const specChanged = (pod: Pod, previous: Pod | undefined): boolean =>
  previous !== undefined && pod.metadata.generation !== previous.metadata.generation;

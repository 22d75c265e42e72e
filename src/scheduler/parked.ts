import type { ObjectChange, WatchMapping } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Pod, ResourceName } from '../kinds/generated/types.ts';
import type { ProfileEntry } from './profile.ts';
import { queueKey } from './queue.ts';
import { holdsResources } from './snapshot.ts';

/** The text of a pod's unschedulable condition, when it has one. */
export const unschedulableMessage = (pod: Pod): string | undefined => {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return condition?.status === 'False' && condition.reason === 'Unschedulable'
    ? condition.message
    : undefined;
};

/** Pods without a node that were refused or nominated before. */
export const waitingPods = (lookup: Lookup): readonly Pod[] =>
  lookup.byIndex('pods', 'pods/waiting', 'scheduler');

const holdsPlace = (pod: Pod): boolean => Boolean(pod.spec?.nodeName) && holdsResources(pod);

/** A change as the rules see it; `undefined` when it is of a pod that holds no place, before and after. */
const seenChange = (change: ObjectChange): ObjectChange | undefined => {
  const { op, object, previous } = change;
  if (object.kind !== 'Pod') return change;
  const holds = op !== 'delete' && holdsPlace(object as Pod);
  const held =
    op === 'delete' ? holdsPlace(object as Pod) : previous !== undefined && holdsPlace(previous as Pod);
  if (holds && held) return change;
  if (holds) return { op: 'create', at: change.at, object };
  return held ? { op: 'delete', at: change.at, object } : undefined;
};

/**
 * Which changes may unpark which pods: each plugin names the changes that could undo its refusal, and a parked pod's
 * condition tells which plugins refused it.
 */
export const parkedMappings = (profile: readonly ProfileEntry[]): readonly WatchMapping[] => {
  const resources = new Set<ResourceName>(
    profile.flatMap(({ plugin }) => plugin.wakesOn.map(({ resource }) => resource)),
  );
  return [...resources].sort().map((resource) => {
    const rules = profile.flatMap(({ plugin }) =>
      plugin.wakesOn.filter((rule) => rule.resource === resource).map((rule) => ({ plugin, rule })),
    );
    const firstNode = (change: ObjectChange) => resource === 'nodes' && change.op === 'create';
    const keys = (written: ObjectChange, lookup: Lookup): readonly string[] => {
      const change = seenChange(written);
      if (change === undefined) return [];
      const live = rules.filter(({ rule }) => rule.matters(change));
      if (live.length === 0 && !firstNode(change)) return [];
      return waitingPods(lookup).flatMap((pod) => {
        const message = unschedulableMessage(pod);
        if (message === undefined) return [];
        const isFreed = message.startsWith('no nodes available')
          ? firstNode(change)
          : live.some(
              ({ plugin, rule }) => plugin.refused(message) && rule.concerns?.(change, pod, lookup) !== false,
            );
        return isFreed ? [queueKey(pod)] : [];
      });
    };
    return { resource, keys };
  });
};

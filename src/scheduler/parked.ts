import type { ObjectChange, WatchMapping } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Pod, ResourceName } from '../kinds/generated/types.ts';
import type { ProfileEntry } from './profile.ts';
import { queueKey } from './queue.ts';

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
    const keys = (change: ObjectChange, lookup: Lookup): readonly string[] => {
      const live = rules.filter(({ rule }) => rule.matters(change));
      if (live.length === 0 && !firstNode(change)) return [];
      return waitingPods(lookup).flatMap((pod) => {
        const message = unschedulableMessage(pod);
        if (message === undefined) return [];
        const isFreed = message.startsWith('no nodes available')
          ? firstNode(change)
          : live.some(
              ({ plugin, rule }) => plugin.refused(message) && rule.concerns?.(change, pod) !== false,
            );
        return isFreed ? [queueKey(pod)] : [];
      });
    };
    return { resource, keys };
  });
};

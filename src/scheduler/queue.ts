import type { Pod } from '../kinds/generated/types.ts';

const HIGHEST = 2_147_483_647;

/**
 * The scheduler's key of a pod sorts as upstream's queue does: higher priority first, then older, then by name. Work
 * that is due at one instant is done in key order.
 */
export const queueKey = (pod: Pod): string => {
  const rank = String(HIGHEST - (pod.spec?.priority ?? 0)).padStart(10, '0');
  return `${rank}|${pod.metadata.creationTimestamp}|${pod.metadata.namespace}/${pod.metadata.name}`;
};

/** The pod a key stands for. */
export const podOfKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const name = key.slice(key.lastIndexOf('|') + 1);
  const slash = name.indexOf('/');
  return { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
};

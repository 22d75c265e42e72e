import type { Node, Pod } from '../kinds/generated/types.ts';

/** The node's address in the cluster's network; empty when it has none yet. */
export const hostAddress = (node: Node): string =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';

const NETWORK = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/;

const printAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/**
 * A free address of the node's range for a new pod: from a start drawn by `unit` in [0, 1) on, the first that none of
 * the node's pods has. The network's first two addresses (network, gateway) and its last (broadcast) are left out.
 * `undefined` when the node has no range yet or no address is free.
 */
export const freeAddress = (node: Node, pods: readonly Pod[], unit: number): string | undefined => {
  const match = NETWORK.exec(node.spec?.podCIDR ?? '');
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  const bits = parts.pop() ?? 32;
  const size = 2 ** (32 - bits);
  const base = parts.reduce((sum, part) => sum * 256 + part, 0);
  const usable = size - 3;
  const taken = new Set<string>();
  for (const pod of pods) {
    // Finished pods have given their address back, though their status still shows it.
    if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
      taken.add(pod.status?.podIP ?? '');
  }
  const first = Math.floor(unit * usable);
  for (let step = 0; step < usable; step += 1) {
    const address = printAddress(base - (base % size) + 2 + ((first + step) % usable));
    if (!taken.has(address)) return address;
  }
  return undefined;
};

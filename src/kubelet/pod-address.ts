import type { ChangeLog } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Node, Pod } from '../kinds/generated/types.ts';
import { keyPrefix } from '../machinery/names.ts';

/** The node's address in the cluster's network; empty when it has none yet. */
export const hostAddress = (node: Node): string =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';

const NETWORK = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/;

const printAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/**
 * A free address of the range (`10.244.1.0/24`) for a new pod: from a start drawn by `unit` in [0, 1) on, the first
 * that is not taken. The network's first two addresses (network, gateway) and its last (broadcast) are left out.
 * `undefined` when there is no range yet or no address is free.
 */
export const freeAddress = (
  range: string | undefined,
  taken: { has(address: string): boolean },
  unit: number,
): string | undefined => {
  const match = NETWORK.exec(range ?? '');
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  const bits = parts.pop() ?? 32;
  const size = 2 ** (32 - bits);
  const base = parts.reduce((sum, part) => sum * 256 + part, 0);
  const usable = size - 3;
  const first = Math.floor(unit * usable);
  for (let step = 0; step < usable; step += 1) {
    const address = printAddress(base - (base % size) + 2 + ((first + step) % usable));
    if (!taken.has(address)) return address;
  }
  return undefined;
};

const PODS = keyPrefix('', 'pods');

/** The address a pod holds: finished pods have given theirs back, though their status still shows it. */
const heldBy = (pod: Pod): string | undefined =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.spec?.hostNetwork === true
    ? undefined
    : pod.status?.podIP;

/**
 * Which pod addresses are in use. A cache advanced by the change log, so that finding a free address costs what
 * changed and not what exists; dropping it changes nothing but the time of the next question.
 */
export class AddressBook {
  #revision = -1;
  readonly #taken = new Map<string, number>();
  readonly #held = new Map<string, string>();

  /** The addresses in use at the log's revision. */
  taken(log: ChangeLog, lookup: Lookup): { has(address: string): boolean } {
    const target = log.revision();
    const changes = this.#revision >= 0 && this.#revision <= target ? log.since(this.#revision) : undefined;
    if (changes === undefined) this.#rebuild(lookup);
    else {
      // Of what changed more than once only the newest state counts.
      const pods = changes.filter(({ key }) => key.startsWith(PODS));
      for (const { op, object } of new Map(pods.map((change) => [change.key, change])).values()) {
        const pod = object as Pod;
        this.#hold(keyOfPod(pod), op === 'delete' ? undefined : heldBy(pod));
      }
    }
    this.#revision = target;
    return this.#taken;
  }

  #rebuild(lookup: Lookup): void {
    this.#taken.clear();
    this.#held.clear();
    for (const pod of lookup.list('pods')) this.#hold(keyOfPod(pod), heldBy(pod));
  }

  #hold(key: string, address: string | undefined): void {
    const before = this.#held.get(key);
    if (before === address) return;
    if (before !== undefined) {
      const left = (this.#taken.get(before) ?? 1) - 1;
      if (left === 0) this.#taken.delete(before);
      else this.#taken.set(before, left);
    }
    if (address === undefined) this.#held.delete(key);
    else {
      this.#held.set(key, address);
      this.#taken.set(address, (this.#taken.get(address) ?? 0) + 1);
    }
  }
}

const keyOfPod = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

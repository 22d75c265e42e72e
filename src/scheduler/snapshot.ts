import type { ChangeLog } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Node, Pod } from '../kinds/generated/types.ts';
import { keyPrefix } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Amounts, allocatableOf, podRequests, podRequestsForScore } from './resources.ts';

/** A node with what runs on it. Totals are sums over `pods`. */
export interface NodeState {
  readonly name: string;
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly pods: ReadonlyMap<string, Pod>;
  /** Those of `pods` with affinity to other pods: few, so that asking them costs little. */
  readonly attached: ReadonlyMap<string, Pod>;
  readonly requested: Amounts;
  readonly requestedForScore: Amounts;
  /** Answers to questions about `pods`, by question; emptied whenever `pods` changes. */
  readonly answers: Map<string, number>;
}

/** A pod that still holds resources: finished pods do not count. */
export const holdsResources = (pod: Pod): boolean =>
  pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';

/** A pod with affinity or anti-affinity to other pods. */
export const isAttached = (pod: Pod): boolean =>
  pod.spec?.affinity?.podAffinity !== undefined || pod.spec?.affinity?.podAntiAffinity !== undefined;

interface Tracked {
  node: Node | undefined;
  allocatable: Amounts;
  readonly pods: Map<string, Pod>;
  readonly attached: Map<string, Pod>;
  readonly requested: Map<string, number>;
  readonly requestedForScore: Map<string, number>;
  readonly answers: Map<string, number>;
}

const keyOfPod = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

const shift = (total: Map<string, number>, amounts: Amounts, sign: 1 | -1): void => {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + sign * amount);
};

const PODS = keyPrefix('', 'pods');
const NODES = keyPrefix('', 'nodes');

const concernsScheduling = ({ key }: { readonly key: string }): boolean =>
  key.startsWith(PODS) || key.startsWith(NODES);

/**
 * Nodes with their pods, advanced by the change log so that an attempt costs what changed, not what exists. A cache:
 * dropping it changes nothing but the time of the next attempt.
 */
export class Snapshot {
  #revision = -1;
  readonly #nodes = new Map<string, Tracked>();
  /** Where each pod was last seen, to move or remove it. */
  readonly #placed = new Map<string, string>();
  /** Pods without a node that were promised one. */
  readonly #nominated = new Map<string, Pod>();
  #sorted: readonly NodeState[] | undefined;

  /** Pods that wait for the node they were nominated to. */
  nominated(): Iterable<Pod> {
    return this.#nominated.values();
  }

  /** Brings the snapshot to the log's revision and returns the nodes in name order. */
  refresh(log: ChangeLog, lookup: Lookup): readonly NodeState[] {
    const target = log.revision();
    const changes = this.#revision >= 0 && this.#revision <= target ? log.since(this.#revision) : undefined;
    if (changes === undefined) this.#rebuild(lookup);
    else {
      // Of what changed more than once only the newest state counts.
      const newest = new Map(changes.filter(concernsScheduling).map((change) => [change.key, change]));
      for (const { op, object } of newest.values()) this.#take(object, op === 'delete');
    }
    this.#revision = target;
    this.#sorted ??= [...this.#nodes.entries()]
      .flatMap(([name, tracked]) =>
        tracked.node === undefined ? [] : [{ ...tracked, name, node: tracked.node } satisfies NodeState],
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  #rebuild(lookup: Lookup): void {
    this.#nodes.clear();
    this.#placed.clear();
    this.#nominated.clear();
    this.#sorted = undefined;
    for (const node of lookup.list('nodes')) this.#setNode(node);
    for (const pod of lookup.list('pods')) this.#setPod(pod);
  }

  #take(object: KubeObject, isGone: boolean): void {
    if (object.apiVersion !== 'v1') return;
    if (object.kind === 'Node') {
      if (isGone) this.#dropNode(object.metadata.name ?? '');
      else this.#setNode(object as Node);
    } else if (object.kind === 'Pod') {
      this.#dropPod(object as Pod);
      if (!isGone) this.#setPod(object as Pod);
    }
  }

  #tracked(name: string): Tracked {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const tracked: Tracked = {
      node: undefined,
      allocatable: new Map(),
      pods: new Map(),
      attached: new Map(),
      requested: new Map(),
      requestedForScore: new Map(),
      answers: new Map(),
    };
    this.#nodes.set(name, tracked);
    return tracked;
  }

  #setNode(node: Node): void {
    const tracked = this.#tracked(node.metadata.name ?? '');
    tracked.node = node;
    tracked.allocatable = allocatableOf(node);
    this.#sorted = undefined;
  }

  #dropNode(name: string): void {
    this.#tracked(name).node = undefined;
    this.#sorted = undefined;
  }

  #setPod(pod: Pod): void {
    const nodeName = pod.spec?.nodeName;
    if (!holdsResources(pod)) return;
    if (!nodeName) {
      if (pod.status?.nominatedNodeName) this.#nominated.set(keyOfPod(pod), pod);
      return;
    }
    const tracked = this.#tracked(nodeName);
    tracked.pods.set(keyOfPod(pod), pod);
    tracked.answers.clear();
    if (isAttached(pod)) tracked.attached.set(keyOfPod(pod), pod);
    this.#placed.set(keyOfPod(pod), nodeName);
    shift(tracked.requested, podRequests(pod), 1);
    shift(tracked.requestedForScore, podRequestsForScore(pod), 1);
  }

  #dropPod(pod: Pod): void {
    const key = keyOfPod(pod);
    this.#nominated.delete(key);
    const nodeName = this.#placed.get(key);
    if (nodeName === undefined) return;
    const tracked = this.#tracked(nodeName);
    const last = tracked.pods.get(key);
    this.#placed.delete(key);
    if (last === undefined) return;
    tracked.pods.delete(key);
    tracked.answers.clear();
    tracked.attached.delete(key);
    shift(tracked.requested, podRequests(last), -1);
    shift(tracked.requestedForScore, podRequestsForScore(last), -1);
  }
}

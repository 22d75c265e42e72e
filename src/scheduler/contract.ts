/**
 * The scheduler: places pods on nodes as kube-scheduler does. What lives here is a framework that runs plugins over a
 * snapshot and a plugin a file; a plugin sees nothing but its arguments.
 */

import type { ObjectChange } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Pod, ResourceName } from '../kinds/generated/types.ts';
import type { NodeState } from './snapshot.ts';

/** Why a node (or every node) is refused. `resolvable`: removing pods from the node could help. */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly resolvable: boolean;
}

/** What all plugins of one attempt share. */
export interface Cycle {
  readonly pod: Pod;
  readonly lookup: Lookup;
  /** Every node of the snapshot, by name. */
  readonly nodes: readonly NodeState[];
}

/** Verdict before any node is looked at. `refusal` ends the attempt; `nodeNames` narrows the nodes. */
export interface PreFilterResult<State> {
  readonly refusal?: Refusal;
  /** The refusal counts for each node, and preemption is asked about them (its plugin has left its state). */
  readonly isExplained?: true;
  readonly nodeNames?: ReadonlySet<string>;
  readonly state?: State;
}

/**
 * A change that may undo a plugin's refusal of a pod (upstream's queueing hints). Of pods only those count that hold a
 * place on a node: one that gets it is created, one that finishes is deleted.
 */
export interface WakeRule {
  readonly resource: ResourceName;
  /** Whether the change could matter to any pod: asked first, so that most changes cost nothing. */
  readonly matters: (change: ObjectChange) => boolean;
  /** Whether it could help this pod; absent means any. */
  readonly concerns?: (change: ObjectChange, pod: Pod, lookup: Lookup) => boolean;
}

/**
 * A scheduling plugin with upstream's name. `State` is what `preFilter` (or `preScore`) computes once an attempt and
 * hands to `filter` and `score`.
 */
export interface Plugin<State = unknown> {
  readonly name: string;
  preFilter?(cycle: Cycle): PreFilterResult<State> | undefined;
  filter?(cycle: Cycle, node: NodeState, state: State | undefined): Refusal | undefined;
  /** State for `score`; `undefined` skips scoring by this plugin. */
  readonly preScore?: (cycle: Cycle, feasible: readonly NodeState[]) => unknown;
  /** Raw score; 0 to 100 unless `normalize` brings it there. */
  readonly score?: (cycle: Cycle, node: NodeState, state: unknown) => number;
  readonly normalize?: (
    scores: number[],
    cycle: Cycle,
    feasible: readonly NodeState[],
    state: unknown,
  ) => void;
  /** Which changes could make a refusal by this plugin obsolete, and the text by which it is known. */
  readonly wakesOn: readonly WakeRule[];
  /** True when the text of an unschedulable condition shows that this plugin refused the pod. */
  readonly refused: (message: string) => boolean;
}

export const MAX_NODE_SCORE = 100;

/** A refusal that preemption may resolve. */
export const refuse = (...reasons: readonly string[]): Refusal => ({ reasons, resolvable: true });

/** A refusal that no preemption resolves. */
export const refuseForGood = (...reasons: readonly string[]): Refusal => ({ reasons, resolvable: false });

import type { DaemonSet } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';
import { type Context, keyOf } from './contract.ts';

/** The first wait after a failed pod was deleted; each further failure on the node doubles it. */
const FIRST_MS = 1_000;
const LONGEST_MS = 900_000;

/** When a failed pod of a node was last deleted, and how long the next has to wait since. */
type Entry = readonly [waitMs: number, at: Instant];

interface Remembered {
  /** Another set, or another generation of it, starts anew. */
  readonly of: string;
  readonly nodes: Readonly<Record<string, Entry>>;
}

/**
 * The back-off of deleting failed daemon pods, by node: where the kubelet refuses each pod the controller must not
 * make one after the other (pkg/controller/daemon, failedPodsBackoff). What it must remember is a note of the set.
 */
export class FailedPods {
  readonly #context: Context;
  readonly #key: string;
  readonly #of: string;
  readonly #nodes: Record<string, Entry>;
  /** When a pod that has to wait may be looked at again. */
  next: Instant | undefined;

  constructor(context: Context, set: DaemonSet) {
    this.#context = context;
    this.#key = keyOf(set);
    this.#of = `${set.metadata.uid ?? ''}/${set.status?.observedGeneration ?? 0}`;
    const text = context.notes.get(this.#key);
    const noted = text === undefined ? undefined : (JSON.parse(text) as Remembered);
    this.#nodes = noted?.of === this.#of ? { ...noted.nodes } : {};
  }

  /** Whether the failed pod of the node may be deleted now; if so that counts as one more. */
  mayDelete(node: string): boolean {
    const { now, notes } = this.#context;
    const entry = this.#nodes[node];
    const known = entry !== undefined && now - entry[1] <= 2 * LONGEST_MS ? entry : undefined;
    if (known !== undefined && now - known[1] < known[0]) {
      this.next = Math.min(this.next ?? now + known[0], now + known[0]);
      return false;
    }
    this.#nodes[node] = [known === undefined ? FIRST_MS : Math.min(known[0] * 2, LONGEST_MS), now];
    notes.set(this.#key, JSON.stringify({ of: this.#of, nodes: this.#nodes } satisfies Remembered));
    return true;
  }
}

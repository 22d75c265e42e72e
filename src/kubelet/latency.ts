import type { Latency } from '../controllers/contract.ts';

/** How long the steps of a pod's life take, in milliseconds; a pair is a range that a pod's own number is drawn from. */
export interface LifePace {
  /** The first status (ContainerCreating) is written apart from the Running one. */
  readonly showsCreating: boolean;
  /** Setting up the sandbox and its network. */
  readonly sandboxMs: readonly [least: number, most: number];
  /** Asking the registry and unpacking: for an image of 100 MiB that the node does not have. */
  readonly pullMs: readonly [least: number, most: number];
  /** Asking the registry whether the image that the node has is current (pull policy Always). */
  readonly recheckMs: readonly [least: number, most: number];
  /** Creating and starting a container. */
  readonly startMs: readonly [least: number, most: number];
  /** Until an exit, a failed pull and the like is followed by the kubelet's next step. */
  readonly reactMs: number;
  /** Until a process that heeds its stop signal has ended. */
  readonly stopMs: readonly [least: number, most: number];
}

/** The paces a cluster can have (a cluster setting). */
export const lifePaces: Readonly<Record<Latency, LifePace>> = {
  instant: {
    showsCreating: false,
    sandboxMs: [0, 0],
    pullMs: [0, 0],
    recheckMs: [0, 0],
    startMs: [0, 0],
    reactMs: 5,
    stopMs: [0, 0],
  },
  fast: {
    showsCreating: true,
    sandboxMs: [80, 160],
    pullMs: [250, 450],
    recheckMs: [60, 120],
    startMs: [60, 140],
    reactMs: 400,
    stopMs: [60, 160],
  },
  realistic: {
    showsCreating: true,
    sandboxMs: [400, 900],
    pullMs: [2500, 6000],
    recheckMs: [450, 1100],
    startMs: [150, 450],
    reactMs: 1000,
    stopMs: [120, 600],
  },
};

/** The number a value in [0, 1) picks from a range. */
export const pick = ([least, most]: readonly [number, number], unit: number): number =>
  Math.round(least + (most - least) * unit);

import type { ClusterLimits } from '../machinery/cluster-limits.ts';

/** What a cluster may hold and what it holds, as admission sees it. */
export interface Room {
  readonly limits: ClusterLimits;
  /** Live objects of every kind. */
  objects(): number;
  /** Live objects of one core resource. */
  count(resource: string): number;
  /** True when the live objects take certainly no more than so many bytes; cheap, and false only near the limit. */
  isBelow(bytes: number): boolean;
  /** Bytes of the live objects. */
  bytes(): number;
}

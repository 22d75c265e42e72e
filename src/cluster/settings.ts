import type { ClusterLimits } from '../machinery/cluster-limits.ts';
import type { Instant } from '../machinery/time.ts';
import { type Pace, realTime } from '../time/pace.ts';
import type { ClusterSettings } from './contract.ts';

/** What the cluster keeps about itself outside the revision log. */
export interface MetaTable {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const SETTINGS = 'cluster.settings';
const PACE = 'cluster.pace';
const ACTORS = 'cluster.actors';

/** The settings of the stored cluster; `undefined` while none was created. */
export const readSettings = (meta: MetaTable): ClusterSettings | undefined => {
  const text = meta.get(SETTINGS);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterSettings);
};

export const writeSettings = (meta: MetaTable, settings: ClusterSettings): void =>
  meta.set(SETTINGS, JSON.stringify(settings));

/** The stored pace; real time from `wallNow` on when none is stored. */
export const readPace = (meta: MetaTable, wallNow: Instant): Pace => {
  const text = meta.get(PACE);
  return text === undefined ? realTime(wallNow) : (JSON.parse(text) as Pace);
};

export const writePace = (meta: MetaTable, pace: Pace): void => meta.set(PACE, JSON.stringify(pace));

/** Names of the controllers that have already been given every existing key once. */
export const readActors = (meta: MetaTable): readonly string[] =>
  JSON.parse(meta.get(ACTORS) ?? '[]') as string[];

export const writeActors = (meta: MetaTable, actors: readonly string[]): void =>
  meta.set(ACTORS, JSON.stringify(actors));

const LIMITS = 'cluster.limits';

/** What the cluster may use; nothing is limited while nobody said so. */
export const readLimits = (meta: MetaTable): ClusterLimits =>
  JSON.parse(meta.get(LIMITS) ?? '{}') as ClusterLimits;

export const writeLimits = (meta: MetaTable, limits: ClusterLimits): void =>
  meta.set(LIMITS, JSON.stringify(limits));

const CATCH_UP = 'cluster.catch-up';

/** How far a cluster is with work that was due before now. */
export interface CatchUp {
  /** Reconciles done in turns that ended before everything due was done. */
  readonly spent: number;
  /** Somebody asked for the time to pass, so all of it is replayed. */
  readonly isAsked: boolean;
}

export const readCatchUp = (meta: MetaTable): CatchUp => {
  const text = meta.get(CATCH_UP);
  return text === undefined ? { spent: 0, isAsked: false } : (JSON.parse(text) as CatchUp);
};

export const writeCatchUp = (meta: MetaTable, catchUp: CatchUp): void =>
  meta.set(CATCH_UP, JSON.stringify(catchUp));

import type { AttemptChange, Baseline } from '../src/cluster/attempt.ts';
import { createCluster } from '../src/cluster/cluster.ts';
import type { Cluster, ClusterPorts, ClusterSettings } from '../src/cluster/contract.ts';
import { takeHeritage } from '../src/cluster/heritage.ts';
import { beginExercise, rehearse } from '../src/cluster/rehearsal.ts';
import type { Exercise, Grading, Rehearsal, RehearsalReport, StepFailure } from '../src/exercise/contract.ts';

const KEY = 'exercise';

/** What an object must know of the exercise it plays: to grade it, and to begin it again. */
interface Staged {
  readonly exercise: Exercise;
  readonly settings: ClusterSettings;
  /** Cluster instant at which the learner's time began. */
  readonly began: number;
  readonly baseline: Baseline;
}

/** What came of putting an exercise on. */
export interface Staging {
  readonly failures: readonly StepFailure[];
  /** Cluster instant at which the learner's time began. */
  readonly began: number;
}

/** A graded attempt with what was changed. */
export interface AttemptReport {
  readonly began: number;
  readonly grading: Grading;
  readonly changes: readonly AttemptChange[];
}

/** Thrown to roll a play back; carries its outcome past the transaction. */
class Curtain<Outcome> extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('the play is over');
    this.outcome = outcome;
  }
}

/** Drops whatever the cluster stored. The object's own entries (lease, exercise) lie elsewhere and stay. */
const wipe = ({ sql }: ClusterPorts): void => {
  const tables = sql.all<{ readonly name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
  );
  for (const { name } of tables) sql.run(`DROP TABLE "${name}"`);
};

/** The exercise of one cluster object: its entry beside the cluster's data, and what is done with it. */
export class ExerciseHost {
  readonly #storage: DurableObjectStorage;
  readonly #ports: ClusterPorts;
  #staged: Staged | undefined;
  #isRead = false;
  #watchesRequests: boolean | undefined;

  constructor(storage: DurableObjectStorage, ports: ClusterPorts) {
    this.#storage = storage;
    this.#ports = ports;
  }

  /** Whether the object plays an exercise. */
  get isStaged(): boolean {
    return this.#read() !== undefined;
  }

  /** Whether a grading depends on requests that change nothing. */
  get watchesRequests(): boolean {
    this.#watchesRequests ??= JSON.stringify(this.#read()?.exercise.checks ?? []).includes('"audit":');
    return this.#watchesRequests;
  }

  /** Puts an exercise on in a fresh cluster. Call it in the transaction that made the cluster. */
  stage(cluster: Cluster, settings: ClusterSettings, exercise: Exercise, now: number): Staging {
    const { manifestFailures, setupFailures, began } = beginExercise(cluster, exercise, now);
    this.#write({ exercise, settings, began, baseline: cluster.baseline() });
    return { failures: [...manifestFailures, ...setupFailures], began };
  }

  /**
   * Begins the exercise again: the cluster is made anew from the same settings and with the same credentials, or
   * nothing happens at all. Its new clock ends at `now`, as the first one did.
   */
  restage(now: number): { readonly cluster?: Cluster; readonly staging: Staging } | undefined {
    const staged = this.#read();
    if (staged === undefined) return undefined;
    const { exercise, settings } = staged;
    const age = exercise.ageSeconds * 1000;
    const startsAt = exercise.startsAt === undefined ? now - age : exercise.startsAt - age;
    try {
      return this.#storage.transactionSync(() => {
        const heritage = takeHeritage(this.#ports.sql);
        wipe(this.#ports);
        const renewed = { ...settings, startsAt };
        const cluster = createCluster(this.#ports, renewed, now, undefined, heritage);
        const staging = this.stage(cluster, renewed, exercise, now);
        if (staging.failures.length > 0) throw new Curtain(staging);
        return { cluster, staging };
      });
    } catch (error) {
      this.forget();
      if (error instanceof Curtain) return { staging: error.outcome as Staging };
      throw error;
    }
  }

  /** Judges the checks at this instant. */
  grade(cluster: Cluster, now: number): Grading | undefined {
    const staged = this.#read();
    return staged && cluster.grade(staged.exercise.checks, staged.began, now);
  }

  /** The attempt so far. */
  attempt(cluster: Cluster, now: number): AttemptReport | undefined {
    const staged = this.#read();
    if (staged === undefined) return undefined;
    const grading = cluster.grade(staged.exercise.checks, staged.began, now);
    return { began: staged.began, grading, changes: cluster.attempt(staged.baseline) };
  }

  /** Plays a rehearsal in an empty object and leaves it empty. */
  rehearse(settings: ClusterSettings, plan: Rehearsal, now: number): RehearsalReport {
    try {
      return this.#storage.transactionSync(() => {
        throw new Curtain(rehearse(createCluster(this.#ports, settings, now), plan, now));
      });
    } catch (error) {
      if (error instanceof Curtain) return error.outcome as RehearsalReport;
      throw error;
    }
  }

  /** Forgets what is in memory, after the object was emptied. */
  forget(): void {
    this.#staged = undefined;
    this.#isRead = false;
    this.#watchesRequests = undefined;
  }

  #read(): Staged | undefined {
    if (!this.#isRead) {
      this.#staged = this.#storage.kv.get<Staged>(KEY);
      this.#isRead = true;
    }
    return this.#staged;
  }

  #write(staged: Staged): void {
    this.#storage.kv.put(KEY, staged);
    this.#staged = staged;
    this.#isRead = true;
  }
}

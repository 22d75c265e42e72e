import type { Exercise, Rehearsal, RehearsalReport, Step, StepFailure } from '../exercise/contract.ts';
import { performStep, putManifest, type Stage } from '../exercise/perform.ts';
import type { Instant } from '../machinery/time.ts';
import type { Cluster } from './contract.ts';

/** Definitions are established and namespaces get their accounts within this, whatever the latency. */
const FIRST_SECOND_MS = 1000;

/** Kinds whose objects others cannot do without. */
const FIRST_KINDS: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition']);

const stageOf = (cluster: Cluster, wallNow: Instant): Stage => ({
  find: (apiVersion, kind) => cluster.findKind(apiVersion, kind),
  now: () => cluster.clock(wallNow).now,
  send: (request) => {
    const answer = cluster.handle(request, wallNow);
    if (answer.kind === 'response') return answer;
    const body = JSON.stringify({ message: 'steps can neither watch nor wait for calls to the outside' });
    return { kind: 'response', status: 501, headers: {}, body };
  },
});

/** Turns that letting time pass may take in one play; each is at most `TURN_BUDGET` reconciles. */
const MOST_TURNS = 10;

/** Thrown when a play keeps its cluster too busy. */
class TooMuchWork extends Error {
  constructor() {
    super('too much happens in the cluster: let less time pass, or make less of it');
  }
}

/** What is left for one play. */
interface Allowance {
  turns: number;
}

/** Moves cluster time on by so much, doing everything that is due. Throws TooMuchWork. */
const passTime = (cluster: Cluster, ms: number, wallNow: Instant, allowance: Allowance): void => {
  let { unfinished } = cluster.advance(cluster.clock(wallNow).now + ms, wallNow);
  while (unfinished) {
    allowance.turns -= 1;
    if (allowance.turns < 0) throw new TooMuchWork();
    unfinished = cluster.tick(wallNow).unfinished;
  }
};

/** What the work failed with, as one more failure at the end. */
const withinAllowance = (failures: StepFailure[], at: number, work: () => void): StepFailure[] => {
  try {
    work();
    return failures;
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    return [...failures, { step: at, code: 429, message: error.message }];
  }
};

/** Does steps one after the other; each that goes otherwise than expected is told. Waiting moves the clock. */
export const performSteps = (
  cluster: Cluster,
  steps: readonly Step[],
  exercise: Pick<Exercise, 'actors'>,
  wallNow: Instant,
  allowance: Allowance = { turns: MOST_TURNS },
): StepFailure[] => {
  const stage = stageOf(cluster, wallNow);
  return steps.flatMap((step, index) => {
    const { wait } = step;
    if (wait !== undefined) {
      return withinAllowance([], index, () => passTime(cluster, wait.seconds * 1000, wallNow, allowance));
    }
    const failure = performStep(stage, step, exercise.actors, index);
    return failure === undefined ? [] : [failure];
  });
};

/** What came of putting an exercise's first state into a fresh cluster. */
export interface Beginning {
  readonly manifestFailures: readonly StepFailure[];
  readonly setupFailures: readonly StepFailure[];
  /** Cluster instant at which the learner's time begins. */
  readonly began: Instant;
}

const kindOfManifest = (manifest: unknown): string =>
  String((manifest as { readonly kind?: unknown } | null)?.kind ?? '');

/**
 * Brings a fresh cluster into an exercise's first state and lets it grow as old as the exercise wants. The cluster
 * must have been made with `startsAt` that many seconds back, so that its clock ends at the present.
 */
export const beginExercise = (
  cluster: Cluster,
  exercise: Exercise,
  wallNow: Instant,
  allowance: Allowance = { turns: MOST_TURNS },
): Beginning => {
  const stage = stageOf(cluster, wallNow);
  const started = cluster.clock(wallNow).now;
  const numbered = exercise.manifests.map((manifest, index) => ({ manifest, index }));
  const put = (chosen: typeof numbered): StepFailure[] =>
    chosen.flatMap(({ manifest, index }) => putManifest(stage, manifest, index) ?? []);
  const isFirst = ({ manifest }: (typeof numbered)[number]) => FIRST_KINDS.has(kindOfManifest(manifest));
  const first = put(numbered.filter(isFirst));
  passTime(cluster, FIRST_SECOND_MS, wallNow, allowance);
  const rest = put(numbered.filter((each) => !isFirst(each)));
  const done = performSteps(cluster, exercise.setup, exercise, wallNow, allowance);
  const left = exercise.ageSeconds * 1000 - (cluster.clock(wallNow).now - started);
  const setupFailures = withinAllowance(done, exercise.setup.length, () => {
    if (left > 0) passTime(cluster, left, wallNow, allowance);
  });
  const { paused, rate } = exercise.pace;
  if (paused !== undefined || rate !== undefined)
    cluster.repace(
      { ...(paused === undefined ? {} : { paused }), ...(rate === undefined ? {} : { rate }) },
      wallNow,
    );
  return { manifestFailures: [...first, ...rest], setupFailures, began: cluster.clock(wallNow).now };
};

/** Plays an exercise in a fresh cluster: first state, steps, some time, grading. */
export const rehearse = (cluster: Cluster, plan: Rehearsal, wallNow: Instant): RehearsalReport => {
  const allowance = { turns: MOST_TURNS };
  const { manifestFailures, setupFailures, began } = beginExercise(
    cluster,
    plan.exercise,
    wallNow,
    allowance,
  );
  const done = performSteps(cluster, plan.steps, plan.exercise, wallNow, allowance);
  const stepFailures = withinAllowance(done, plan.steps.length, () => {
    if (plan.settleSeconds > 0) passTime(cluster, plan.settleSeconds * 1000, wallNow, allowance);
  });
  const grading = cluster.grade(plan.exercise.checks, began, wallNow);
  return { manifestFailures, setupFailures, stepFailures, grading };
};

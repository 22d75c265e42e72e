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

/** Moves cluster time on by so much, doing everything that is due. */
export const passTime = (cluster: Cluster, ms: number, wallNow: Instant): void => {
  let { unfinished } = cluster.advance(cluster.clock(wallNow).now + ms, wallNow);
  while (unfinished) unfinished = cluster.tick(wallNow).unfinished;
};

/** Does steps one after the other; each that goes otherwise than expected is told. Waiting moves the clock. */
export const performSteps = (
  cluster: Cluster,
  steps: readonly Step[],
  exercise: Pick<Exercise, 'actors'>,
  wallNow: Instant,
): StepFailure[] => {
  const stage = stageOf(cluster, wallNow);
  return steps.flatMap((step, index) => {
    if (step.wait !== undefined) {
      passTime(cluster, step.wait.seconds * 1000, wallNow);
      return [];
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
export const beginExercise = (cluster: Cluster, exercise: Exercise, wallNow: Instant): Beginning => {
  const stage = stageOf(cluster, wallNow);
  const started = cluster.clock(wallNow).now;
  const numbered = exercise.manifests.map((manifest, index) => ({ manifest, index }));
  const put = (chosen: typeof numbered): StepFailure[] =>
    chosen.flatMap(({ manifest, index }) => putManifest(stage, manifest, index) ?? []);
  const isFirst = ({ manifest }: (typeof numbered)[number]) => FIRST_KINDS.has(kindOfManifest(manifest));
  const first = put(numbered.filter(isFirst));
  passTime(cluster, FIRST_SECOND_MS, wallNow);
  const rest = put(numbered.filter((each) => !isFirst(each)));
  const setupFailures = performSteps(cluster, exercise.setup, exercise, wallNow);
  const passed = cluster.clock(wallNow).now - started;
  const left = exercise.ageSeconds * 1000 - passed;
  if (left > 0) passTime(cluster, left, wallNow);
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
  const { manifestFailures, setupFailures, began } = beginExercise(cluster, plan.exercise, wallNow);
  const stepFailures = performSteps(cluster, plan.steps, plan.exercise, wallNow);
  if (plan.settleSeconds > 0) passTime(cluster, plan.settleSeconds * 1000, wallNow);
  const grading = cluster.grade(plan.exercise.checks, began, wallNow);
  return { manifestFailures, setupFailures, stepFailures, grading };
};

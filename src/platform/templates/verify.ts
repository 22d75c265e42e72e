import type { ClusterSettings } from '../../cluster/contract.ts';
import type { Rehearsal, RehearsalReport, StepFailure, Verdict } from '../../exercise/contract.ts';
import { compileExercise, compileSteps, nodesOf, startOf } from './compile.ts';
import { type LoadedTemplate, printPath, resolveTemplate, type TemplateProblem } from './load.ts';
import type { Template } from './schema.ts';

/** Seeds the solution is played with: values of variables differ between them. */
const SEEDS = ['verify-1', 'verify-2'] as const;

type Path = readonly (string | number)[];

/** One play of a template and what must come of it. */
export interface Trial {
  /** `untouched`, `solution` or `wrong answer <id>`. */
  readonly label: string;
  readonly path: Path;
  readonly template: Template;
  readonly seed: string;
  readonly rehearsal: Rehearsal;
  /** Check id -> part of the evidence with which it must fail; absent checks must pass. */
  readonly fails: ReadonlyMap<string, string>;
}

const trialOf = (
  template: Template,
  seed: string,
  label: string,
  path: Path,
  steps: Template['setup'],
  fails: ReadonlyMap<string, string>,
): Trial => ({
  label,
  path,
  template,
  seed,
  fails,
  rehearsal: {
    exercise: compileExercise(template),
    steps: compileSteps(steps),
    settleSeconds: template.settleSeconds,
  },
});

const failsOf = (fails: Template['wrongAnswers'][number]['fails']): ReadonlyMap<string, string> =>
  new Map(Array.isArray(fails) ? fails.map((id) => [id, '']) : Object.entries(fails));

/**
 * The plays that prove a template: untouched, where every check fails; the solution, where every check passes (with
 * two seeds if there are variables); each wrong answer, where exactly the named checks fail. The template must have
 * passed `lintText`.
 */
export const trialsOf = (loaded: LoadedTemplate): readonly Trial[] => {
  const filled = SEEDS.map((seed) => {
    const resolved = resolveTemplate(loaded, seed);
    if (!resolved.ok)
      throw new Error(`a template that was linted does not resolve: ${resolved.problems[0]?.message}`);
    return { seed, template: resolved.template };
  });
  const [first, ...others] = filled;
  if (first === undefined) return [];
  const { template, seed } = first;
  const all = new Map(template.tasks.flatMap(({ checks }) => checks).map(({ id }) => [id, ''] as const));
  const solution = (each: typeof first) =>
    trialOf(
      each.template,
      each.seed,
      'solution',
      ['solution', 'steps'],
      each.template.solution.steps,
      new Map(),
    );
  return [
    trialOf(template, seed, 'untouched', ['tasks'], [], all),
    solution(first),
    ...(Object.keys(template.variables).length === 0 ? [] : others.map(solution)),
    ...template.wrongAnswers.map((answer, index) =>
      trialOf(
        template,
        seed,
        `wrong answer ${answer.id}`,
        ['wrongAnswers', index, 'steps'],
        answer.steps,
        failsOf(answer.fails),
      ),
    ),
  ];
};

/** The scratch cluster a play runs in: no latency, so that what takes time is over when it is graded. */
export const scratchSettings = (
  { template, seed }: Trial,
  clusterId: string,
  now: number,
): ClusterSettings => ({
  clusterId,
  name: clusterId,
  seed: template.cluster.seed ?? seed,
  latency: 'instant',
  nodes: nodesOf(template),
  ...(template.cluster.addons === undefined ? {} : { addons: template.cluster.addons }),
  startsAt: startOf(template, now),
  caCertificate: '',
  issuer: `https://kubicle.invalid/clusters/${clusterId}`,
  advertise: 'kubicle.invalid:443',
});

const evidenceOf = (verdict: Verdict): string => verdict.evidence.map(({ en }) => en).join(' ');

const judgeVerdict = (trial: Trial, verdict: Verdict): string | undefined => {
  const { id, outcome } = verdict;
  const wanted = trial.fails.get(id);
  const evidence = evidenceOf(verdict);
  if (outcome === 'error') return `${trial.label}: check "${id}" could not be judged: ${evidence}`;
  if (wanted === undefined)
    return outcome === 'passed'
      ? undefined
      : `${trial.label}: check "${id}" should pass but fails: ${evidence}`;
  if (outcome === 'passed') return `${trial.label}: check "${id}" should fail but passes: ${evidence}`;
  return evidence.includes(wanted)
    ? undefined
    : `${trial.label}: check "${id}" fails, but its evidence does not say "${wanted}": ${evidence}`;
};

/** What is wrong with a template, judged by how one of its plays went; empty when it went as it must. */
export const judgeTrial = (
  trial: Trial,
  report: RehearsalReport,
  loaded: LoadedTemplate,
): readonly TemplateProblem[] => {
  const at = (path: Path, message: string): TemplateProblem => {
    const line = loaded.lineOf(path);
    return { path: printPath(path), message, ...(line === undefined ? {} : { line }) };
  };
  const failures = (path: Path, list: readonly StepFailure[]) =>
    list.map(({ step, code, message }) => at([...path, step], `${trial.label}: ${code}: ${message}`));
  const beginning = [
    ...failures(['manifests'], report.manifestFailures),
    ...failures(['setup'], report.setupFailures),
  ];
  if (beginning.length > 0) return beginning;
  const places = new Map(
    trial.template.tasks.flatMap((task, taskIndex) =>
      task.checks.map(({ id }, index) => [id, ['tasks', taskIndex, 'checks', index] as Path] as const),
    ),
  );
  const judged = report.grading.verdicts.flatMap((verdict) => {
    const wrong = judgeVerdict(trial, verdict);
    if (wrong === undefined) return [];
    return [at(trial.label === 'untouched' ? (places.get(verdict.id) ?? []) : trial.path, wrong)];
  });
  return [...failures(trial.path, report.stepFailures), ...judged];
};

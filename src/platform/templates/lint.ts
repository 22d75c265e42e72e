import { expressionProblem } from '../../exercise/cel-check.ts';
import { patternProblems } from '../../exercise/match.ts';
import type { PredicateInput } from './check-schema.ts';
import { checksOf } from './compile.ts';
import {
  type LoadedTemplate,
  loadTemplate,
  printPath,
  resolveTemplate,
  type TemplateProblem,
} from './load.ts';
import type { Template } from './schema.ts';

type Path = readonly (string | number)[];

/** Seed of the values that a template is looked at with. */
export const LINT_SEED = 'lint';

interface Complaint {
  readonly path: Path;
  readonly message: string;
}

const repeated = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.indexOf(name) !== index);

const checkSelector = (
  selection: { readonly name?: string | undefined; readonly selector?: string | undefined },
  path: Path,
): Complaint[] =>
  selection.name !== undefined && selection.selector !== undefined
    ? [{ path, message: 'name and selector exclude each other' }]
    : [];

/** What a condition's schema cannot tell: personas, patterns, expressions, contradictions. */
const lintPredicate = (input: PredicateInput, personas: ReadonlySet<string>, path: Path): Complaint[] => {
  const { object, cel, authz, audit, all, any, not, stable } = input;
  const persona = (name: string | undefined, at: Path): Complaint[] =>
    name === undefined || personas.has(name) ? [] : [{ path: at, message: `there is no persona "${name}"` }];
  if (object !== undefined) {
    const both = object.absent === true && object.count !== undefined;
    return [
      ...checkSelector(object, [...path, 'object']),
      ...(both ? [{ path: [...path, 'object'], message: 'absent and count exclude each other' }] : []),
      ...patternProblems(object.match).map((problem) => ({
        path: [...path, 'object', 'match', problem.path],
        message: problem.message,
      })),
    ];
  }
  if (cel !== undefined) {
    const problem = expressionProblem(cel);
    const wrong = problem === undefined ? [] : [{ path: [...path, 'cel', 'expression'], message: problem }];
    const selections = Object.entries(cel.objects);
    return [
      ...wrong,
      ...selections.flatMap(([name, each]) => checkSelector(each, [...path, 'cel', 'objects', name])),
    ];
  }
  if (authz !== undefined) {
    const named = [authz.persona, authz.user ?? authz.groups, authz.serviceAccount].filter(Boolean).length;
    return [
      ...(named === 1
        ? []
        : [{ path: [...path, 'authz'], message: 'needs one of persona, user or groups, serviceAccount' }]),
      ...persona(authz.persona, [...path, 'authz', 'persona']),
    ];
  }
  if (audit !== undefined) return persona(audit.persona, [...path, 'audit', 'persona']);
  const many = (parts: readonly PredicateInput[], key: string) =>
    parts.flatMap((part, index) => lintPredicate(part, personas, [...path, key, index]));
  if (all !== undefined) return many(all, 'all');
  if (any !== undefined) return many(any, 'any');
  if (not !== undefined) return lintPredicate(not, personas, [...path, 'not']);
  if (stable === undefined) return [];
  const inner = JSON.stringify(stable.check);
  const looksBack = inner.includes('"audit":') || inner.includes('"stable":');
  return [
    ...(looksBack
      ? [{ path: [...path, 'stable'], message: 'a stable check cannot hold audit or stable checks' }]
      : []),
    ...lintPredicate(stable.check, personas, [...path, 'stable', 'check']),
  ];
};

const lintSteps = (template: Template, personas: ReadonlySet<string>): Complaint[] => {
  const lists: (readonly [Path, Template['setup']])[] = [
    [['setup'], template.setup],
    [['solution', 'steps'], template.solution.steps],
    ...template.wrongAnswers.map(({ steps }, index) => [['wrongAnswers', index, 'steps'], steps] as const),
  ];
  return lists.flatMap(([path, steps]) =>
    steps.flatMap(({ as }, index) =>
      as === undefined || personas.has(as)
        ? []
        : [{ path: [...path, index, 'as'], message: `there is no persona "${as}"` }],
    ),
  );
};

const lintNames = (template: Template): Complaint[] => {
  const checks = checksOf(template).map(({ id }) => id);
  const lists: (readonly [string, readonly string[]])[] = [
    ['personas', template.personas.map(({ name }) => name)],
    ['tasks', template.tasks.map(({ id }) => id)],
    ['tasks', checks],
    ['wrongAnswers', template.wrongAnswers.map(({ id }) => id)],
  ];
  const twice = lists.flatMap(([path, names]) =>
    repeated(names).map((name) => ({ path: [path], message: `"${name}" is there twice` })),
  );
  const known = new Set(checks);
  const answers = template.wrongAnswers.flatMap(({ fails }, index) =>
    (Array.isArray(fails) ? fails : Object.keys(fails))
      .filter((id) => !known.has(id))
      .map((id) => ({ path: ['wrongAnswers', index, 'fails'], message: `there is no check "${id}"` })),
  );
  const required = template.tasks.flatMap((task, at) =>
    task.checks.flatMap((check, index) =>
      (check.requires ?? [])
        .filter((id) => !known.has(id) || id === check.id)
        .map((id) => ({
          path: ['tasks', at, 'checks', index, 'requires'],
          message: `there is no other check "${id}"`,
        })),
    ),
  );
  return [...twice, ...answers, ...required];
};

/** What grading may cost at most: one grading is one turn of its cluster. */
const MOST = { checks: 100, conditions: 300, requests: 5000, stable: 10 } as const;

interface Size {
  conditions: number;
  /** Single questions to the authorizer. */
  requests: number;
  stable: number;
}

const requestsOf = ({ authz }: PredicateInput): number =>
  [...(authz?.can ?? []), ...(authz?.cannot ?? [])].reduce(
    (sum, { verbs, resources = [], names = [''], paths = [] }) =>
      sum + verbs.length * (resources.length * names.length + paths.length),
    0,
  );

const measure = (input: PredicateInput, size: Size): void => {
  size.conditions += 1;
  size.requests += requestsOf(input);
  if (input.stable !== undefined) size.stable += 1;
  const parts = [...(input.all ?? []), ...(input.any ?? []), input.not, input.stable?.check];
  for (const part of parts) if (part !== undefined) measure(part, size);
};

const lintSize = (template: Template): Complaint[] => {
  const checks = checksOf(template);
  const size: Size = { conditions: 0, requests: 0, stable: 0 };
  for (const check of checks) measure(check, size);
  const found = { ...size, checks: checks.length };
  const words = {
    checks: 'checks',
    conditions: 'conditions',
    requests: 'single rights asked about',
    stable: 'stable conditions',
  };
  return (Object.keys(MOST) as (keyof typeof MOST)[])
    .filter((what) => found[what] > MOST[what])
    .map((what) => ({
      path: ['tasks'],
      message: `a template may have at most ${MOST[what]} ${words[what]}, not ${found[what]}`,
    }));
};

const lintTemplate = (template: Template): Complaint[] => {
  const personas = new Set(template.personas.map(({ name }) => name));
  const conditions = template.tasks.flatMap((task, at) =>
    task.checks.flatMap((check, index) => lintPredicate(check, personas, ['tasks', at, 'checks', index])),
  );
  const points = checksOf(template).reduce((sum, check) => sum + check.points, 0);
  const worthless = points === 0 ? [{ path: ['tasks'], message: 'no check gives points' }] : [];
  return [
    ...lintNames(template),
    ...conditions,
    ...lintSteps(template, personas),
    ...lintSize(template),
    ...worthless,
  ];
};

/** Everything that is wrong with a template text, as far as it can be told without a cluster. */
export const lintText = (
  text: string,
):
  | { readonly ok: true; readonly loaded: LoadedTemplate; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] } => {
  const loaded = loadTemplate(text);
  if (!loaded.ok) return loaded;
  const resolved = resolveTemplate(loaded.template, LINT_SEED);
  if (!resolved.ok) return resolved;
  const complaints = lintTemplate(resolved.template);
  if (complaints.length === 0) return { ok: true, loaded: loaded.template, template: resolved.template };
  return {
    ok: false,
    problems: complaints.map(({ path, message }) => {
      const line = loaded.template.lineOf(path);
      return { path: printPath(path), message, ...(line === undefined ? {} : { line }) };
    }),
  };
};

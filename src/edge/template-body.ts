import { makeProblem, type ProblemPlace } from '../platform/problem.ts';
import { type BundleFiles, joinBundle, type TemplateProblem } from '../platform/templates/load.ts';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFiles = (value: unknown): value is BundleFiles =>
  isRecord(value) && Object.values(value).every((text) => typeof text === 'string');

/**
 * The template in a request's body: the YAML (or JSON) text itself; or a JSON object with the text under `template`,
 * or with the files of a bundle under `files`. What it says is judged later.
 */
export const templateTextOf = (body: string): string => {
  if (!body.trimStart().startsWith('{')) return body;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  if (!isRecord(value)) return body;
  if (typeof value['template'] === 'string') return value['template'];
  return isFiles(value['files']) ? joinBundle(value['files']) : body;
};

const placeOf = ({ path, message, line }: TemplateProblem): ProblemPlace => ({
  path,
  message: line === undefined ? message : `line ${line}: ${message}`,
});

/** The 422 problem of a template that was refused, with every wrong place. */
export const templateRejected = (problems: readonly TemplateProblem[]) => {
  const [first] = problems;
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return makeProblem('template-rejected', `${where}${first?.message ?? 'the template is not valid'}`, {
    errors: problems.slice(0, 100).map(placeOf),
  });
};

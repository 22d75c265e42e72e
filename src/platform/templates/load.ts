import { isMap, LineCounter, parseAllDocuments, parseDocument } from 'yaml';
import { z } from 'zod';
import { utf8Length } from '../../machinery/deep.ts';
import { type Template, templateSchema } from './schema.ts';
import { chooseValues, fillVariables, type VariableRule } from './variables.ts';

/** Largest template in bytes. */
export const TEMPLATE_BYTES = 512 * 1024;
/** Deepest nesting of a template's values. */
const DEEPEST = 60;
const TOO_DEEP = `nested more than ${DEEPEST} levels deep`;
/** More brackets than this open at once are no template; texts may hold a few that never close. */
const OPEN_BRACKETS = 1000;
const COMPACT_NESTING = /(?:[-?] ){200}/;

/** Something wrong with a template. `line` is where it stands, from 1, when it is known. */
export interface TemplateProblem {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
}

/** A template whose form is right. `raw` still has its variables. */
export interface LoadedTemplate {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly version: string;
  /** Finds the line of a path. */
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
}

export type Loaded =
  | { readonly ok: true; readonly template: LoadedTemplate }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

type Path = readonly (string | number)[];

/** A path as problems name it: `tasks[0].checks[1].authz`. */
export const printPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTooDeep = (value: unknown, left: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  return Object.values(value).some((item) => isTooDeep(item, left - 1));
};

const variablesOnly = z.looseObject({ variables: templateSchema.shape.variables });

/** Fills the variables of a raw template as a seed wants it and checks everything. */
export const resolveTemplate = (
  template: LoadedTemplate,
  seed: string,
):
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] } => {
  const at = (path: Path, message: string, where: Path = path): TemplateProblem => {
    const line = template.lineOf(where);
    return { path: printPath(path), message, ...(line === undefined ? {} : { line }) };
  };
  const declared = variablesOnly.safeParse(template.raw);
  if (!declared.success) {
    return {
      ok: false,
      problems: declared.error.issues.map((issue) => at(issue.path as Path, issue.message)),
    };
  }
  const rules = declared.data.variables as Readonly<Record<string, VariableRule>>;
  const { variables: _declared, ...rest } = template.raw;
  const filled = fillVariables(rest, chooseValues(rules, seed));
  if (filled.unknown.length > 0) {
    const problems = filled.unknown.map(({ path, name }) =>
      at(path, `\${${name}} is no variable of the template; write $\${ for a literal \${`),
    );
    return { ok: false, problems };
  }
  const value = expandManifests(filled.value as Record<string, unknown>);
  if ('problem' in value) return { ok: false, problems: [at(['manifests'], value.problem)] };
  const read = templateSchema.safeParse({ ...value.fields, variables: rules });
  if (read.success) return { ok: true, template: read.data };
  return {
    ok: false,
    problems: flatten(read.error.issues).map(({ path, message, where }) => at(path, message, where)),
  };
};

/** Something that does not fit the schema; `where` it stands in the text, if that is not at the path. */
interface Issue {
  readonly path: Path;
  readonly message: string;
  readonly where?: Path;
}

/** Issues of unions are those of the member that came furthest; otherwise nobody would know what is meant. */
const flatten = (issues: readonly z.core.$ZodIssue[], prefix: Path = []): Issue[] =>
  issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as Path)];
    if (issue.code === 'unrecognized_keys')
      return [{ path, message: issue.message, where: [...path, ...issue.keys.slice(0, 1)] }];
    if (issue.code !== 'invalid_union' || issue.errors.length === 0)
      return [{ path, message: issue.message }];
    const members = issue.errors.map((member) => flatten(member, path));
    const deepest = (member: Issue[]) => Math.max(...member.map((each) => each.path.length));
    return members.reduce((best, member) => (deepest(member) > deepest(best) ? member : best));
  });

/** Objects of YAML documents; empty documents are left out. */
const readDocuments = (
  text: string,
): { readonly objects: readonly unknown[] } | { readonly problem: string } => {
  try {
    const documents = parseAllDocuments(text, { version: '1.1', schema: 'yaml-1.1' });
    const error = documents.flatMap(({ errors }) => errors)[0];
    if (error !== undefined) return { problem: error.message };
    const objects = documents.map((document) => document.toJS() as unknown).filter((value) => value !== null);
    return objects.some((value) => isTooDeep(value, DEEPEST)) ? { problem: 'nested too deep' } : { objects };
  } catch (error) {
    // The parser's own limits: aliases without end or without a beginning, nesting beyond the stack.
    if (error instanceof RangeError || error instanceof ReferenceError) return { problem: error.message };
    throw error;
  }
};

/** Manifests may be YAML documents in one text, or a list whose members may be such texts. */
const expandManifests = (
  fields: Record<string, unknown>,
): { readonly fields: Record<string, unknown> } | { readonly problem: string } => {
  const { manifests } = fields;
  const parts = typeof manifests === 'string' ? [manifests] : manifests;
  if (!Array.isArray(parts)) return { fields };
  const objects: unknown[] = [];
  for (const part of parts) {
    if (typeof part !== 'string') {
      objects.push(part);
      continue;
    }
    const read = readDocuments(part);
    if ('problem' in read) return read;
    objects.push(...read.objects);
  }
  return { fields: { ...fields, manifests: objects } };
};

/** Nesting that the parser would pay for in seconds before it fails: looked for in the text, so that it never sees it. */
const opensTooDeep = (text: string): boolean => {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open += bracket === '[' || bracket === '{' ? 1 : -1;
    if (open > OPEN_BRACKETS) return true;
    if (open < 0) open = 0;
  }
  return COMPACT_NESTING.test(text);
};

/** Reads a template from YAML or JSON text. Never throws for what the text says. */
export const loadTemplate = (text: string): Loaded => {
  const refuse = (message: string, line?: number): Loaded => ({
    ok: false,
    problems: [{ path: '', message, ...(line === undefined ? {} : { line }) }],
  });
  if (utf8Length(text) > TEMPLATE_BYTES) return refuse(`larger than ${TEMPLATE_BYTES} bytes`);
  if (opensTooDeep(text)) return refuse(TOO_DEEP);
  try {
    return readTemplate(text, refuse);
  } catch (error) {
    // The parser's own limits: aliases without end, nesting beyond the stack.
    if (error instanceof RangeError) return refuse(TOO_DEEP);
    if (error instanceof ReferenceError) return refuse(error.message);
    throw error;
  }
};

const readTemplate = (text: string, refuse: (message: string, line?: number) => Loaded): Loaded => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return refuse(error.message, lines.linePos(error.pos[0]).line);
  const raw = document.toJS() as unknown;
  if (!isRecord(raw) || !isMap(document.contents)) return refuse('must be a map');
  if (isTooDeep(raw, DEEPEST)) return refuse(TOO_DEEP);
  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      const range = (node as { readonly range?: readonly [number, number, number] } | undefined)?.range;
      if (range) return lines.linePos(range[0]).line;
    }
    return undefined;
  };
  const { name, version } = raw;
  const template = { raw, name: String(name), version: String(version), lineOf };
  return { ok: true, template };
};

/** Files of a bundle by their path inside it, e.g. `template.yaml`, `manifests/app.yaml`, `tasks/read.zh.md`. */
export type BundleFiles = Readonly<Record<string, string>>;

const readRoot = (text: string): Record<string, unknown> | undefined => {
  try {
    const root = parseDocument(text, { prettyErrors: false }).toJS() as unknown;
    return isRecord(root) ? root : undefined;
  } catch {
    // The loader says what is wrong with it.
    return undefined;
  }
};

/**
 * A bundle as one template text (JSON): `template.yaml` with the documents of `manifests/*.yaml` appended in name
 * order, and the texts of `tasks/<id>.en.md` and `.zh.md` put into their tasks. A `template.yaml` that is no map is
 * left as it is: reading it tells why.
 */
export const joinBundle = (files: BundleFiles): string => {
  const text = files['template.yaml'] ?? '';
  const root = readRoot(text);
  if (root === undefined) return text;
  const listed = root['manifests'];
  const manifests = [
    ...(listed === undefined ? [] : Array.isArray(listed) ? listed : [listed]),
    ...Object.keys(files)
      .filter((path) => /^manifests\/[^/]+\.ya?ml$/.test(path))
      .sort()
      .map((path) => files[path]),
  ];
  const tasks = Array.isArray(root['tasks']) ? root['tasks'] : [];
  const withTexts = tasks.map((task: unknown) => {
    if (!isRecord(task)) return task;
    const en = files[`tasks/${String(task['id'])}.en.md`];
    const zh = files[`tasks/${String(task['id'])}.zh.md`];
    return en === undefined ? task : { ...task, text: { en, ...(zh === undefined ? {} : { zh }) } };
  });
  return JSON.stringify({ ...root, manifests, tasks: withTexts });
};

import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { badRequestProblem, makeProblem, type ProblemPlace } from '../../platform/problem.ts';
import { readBody } from '../read-body.ts';
import type { BodyForm, Route } from './route.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const YAML_TYPE = /^(?:application|text)\/(?:x-)?yaml$/;
/** What `curl -d` says when it is not told better. Only what parses as JSON is taken. */
const CURL_TYPE = 'application/x-www-form-urlencoded';

const TAKEN: Readonly<Record<BodyForm, string>> = {
  json: 'application/json',
  'json-or-yaml': 'application/json or application/yaml',
  text: 'a text',
};

/** Where an issue is, and what; a field that is not known is a place of its own. */
const placesOf = (issue: z.core.$ZodIssue, place: 'body' | 'query'): readonly ProblemPlace[] => {
  const { path, message } = issue;
  const inside = place === 'body' ? {} : { in: place };
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message, ...inside }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'is not a known field',
    ...inside,
  }));
};

/** Checks a value against a schema; throws a 400 problem that names every wrong place. */
export const check = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: 'body' | 'query' = 'body',
): z.infer<Schema> => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.flatMap((issue) => placesOf(issue, place));
  const first = errors[0];
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  throw badRequestProblem(`${where}${first?.message ?? `the ${place} is not valid`}`, errors);
};

const mediaTypeOf = (request: Request): string =>
  (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequestProblem('the body is not JSON');
  }
};

const parseYamlText = (text: string): unknown => {
  try {
    return parseYaml(text, { version: '1.2', maxAliasCount: 20 });
  } catch (error) {
    throw badRequestProblem(`the body is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
};

const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw badRequestProblem('the body is not UTF-8');
  }
};

const isJsonLike = (type: string): boolean => type === '' || type === CURL_TYPE || JSON_TYPE.test(type);

/**
 * The checked body of a request and its text. An empty body is `{}` for forms that hold values. Throws 400, 413 and
 * 415 problems.
 */
export const readRouteBody = async (
  request: Request,
  { body, bodyForm = 'json' }: Pick<Route, 'body' | 'bodyForm'>,
): Promise<{ readonly value: unknown; readonly text: string }> => {
  if (body === undefined) return { value: undefined, text: '' };
  const text = decodeText(await readBody(request));
  if (bodyForm === 'text') return { value: check(body, text), text };
  if (text.trim() === '') return { value: check(body, {}), text };
  const type = mediaTypeOf(request);
  if (isJsonLike(type)) return { value: check(body, parseJson(text)), text };
  if (bodyForm === 'json-or-yaml' && YAML_TYPE.test(type)) {
    return { value: check(body, parseYamlText(text)), text };
  }
  throw makeProblem('unsupported-media-type', `send ${TAKEN[bodyForm]}, not ${type}`, {
    headers: { accept: TAKEN[bodyForm] },
  });
};

/** The checked query: each parameter's last value as text, coerced by the schema. */
export const readRouteQuery = (url: URL, schema: z.ZodType | undefined): unknown => {
  if (schema === undefined) return undefined;
  return check(schema, Object.fromEntries(url.searchParams), 'query');
};

/** JSON Patches of policies and webhooks: applied one by one, so that a failure can say which did not apply. */

import { applyJsonPatch, type JsonPatchOperation } from '../machinery/json-patch.ts';
import type { Draft } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';

/** An operation that does not apply; the text is that of the library upstream uses (evanphx/json-patch v4). */
export class PatchProblem extends Error {
  /** Whether it is a test that found another value: then the patch was not meant for this object. */
  readonly isTestFailed: boolean;

  constructor(message: string, isTestFailed: boolean) {
    super(message);
    this.name = 'PatchProblem';
    this.isTestFailed = isTestFailed;
  }
}

const MISSING = 'missing value';

type Container = Readonly<Record<string, unknown>> | readonly unknown[];

interface Place {
  readonly parent: Container;
  readonly key: string;
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Why a list has no such index, or none can be put there; `undefined` when there is nothing wrong. */
const indexProblem = (key: string, size: number): string | undefined => {
  if (!/^[-+]?[0-9]+$/.test(key)) return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const index = Number(key);
  return index < size && index >= -size
    ? undefined
    : `Unable to access invalid index: ${index}: invalid index referenced`;
};

const memberOf = (parent: Container, key: string): unknown => {
  if (!Array.isArray(parent)) return (parent as Draft)[key];
  return indexProblem(key, parent.length) === undefined ? parent.at(Number(key)) : undefined;
};

const placeOf = (root: Container, path: string): Place | undefined => {
  const names = path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = names.pop();
  if (key === undefined) return undefined;
  let parent = root;
  for (const name of names) {
    const next = memberOf(parent, name);
    if (!isContainer(next)) return undefined;
    parent = next;
  }
  return { parent, key };
};

/** Why nothing can be read there. */
const readProblem = ({ parent, key }: Place): string | undefined =>
  Array.isArray(parent) ? indexProblem(key, parent.length) : undefined;

/** Why nothing can be taken away there. */
const removeProblem = ({ parent, key }: Place): string | undefined => {
  if (Array.isArray(parent)) return indexProblem(key, parent.length);
  return Object.hasOwn(parent, key) ? undefined : `Unable to remove nonexistent key: ${key}: ${MISSING}`;
};

/** Why nothing can be added there. */
const addProblem = ({ parent, key }: Place): string | undefined => {
  if (!Array.isArray(parent) || key === '-') return undefined;
  const problem = indexProblem(key, parent.length + 1);
  return problem?.startsWith('strconv')
    ? `value was not a proper array index: '${key}': ${problem}`
    : problem;
};

const within = (head: string, problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : `${head}: ${problem}`;

const simpleProblem = (root: Container, op: 'add' | 'remove' | 'test', path: string): string => {
  const place = placeOf(root, path);
  if (place === undefined) {
    return op === 'test'
      ? `test operation for path does not apply: doc is missing path: ${path}: ${MISSING}`
      : `${op} operation does not apply: doc is missing path: "${path}": ${MISSING}`;
  }
  const find = { add: addProblem, remove: removeProblem, test: readProblem }[op];
  return (
    within(`error in ${op} for path: '${path}'`, find(place)) ?? `testing value ${path} failed: test failed`
  );
};

const transferProblem = (
  root: Container,
  op: 'move' | 'copy',
  path: string,
  from: string | undefined,
): string => {
  if (from === undefined)
    return `${op} operation failed to decode from: operation, missing from field: ${MISSING}`;
  const source = placeOf(root, from);
  if (source === undefined)
    return `${op} operation does not apply: doc is missing from path: ${from}: ${MISSING}`;
  const isMove = op === 'move';
  const problem = readProblem(source) ?? (isMove ? removeProblem(source) : undefined);
  const taken = within(
    isMove ? `error in move for path: '${source.key}'` : `error in copy for from: '${from}'`,
    problem,
  );
  if (taken !== undefined) return taken;
  const target = placeOf(root, path);
  if (target === undefined)
    return `${op} operation does not apply: doc is missing destination path: ${path}: ${MISSING}`;
  const head = isMove ? `error in move for path: '${path}'` : 'error while adding value during copy';
  return within(head, addProblem(target)) ?? head;
};

const replaceProblem = (root: Container, path: string): string => {
  const isThere = placeOf(root, path) !== undefined;
  return `replace operation does not apply: doc is missing ${isThere ? 'key' : 'path'}: ${path}: ${MISSING}`;
};

const problemOf = (root: Container, { op = '', path = '', from }: JsonPatchOperation): string => {
  switch (op) {
    case 'add':
    case 'remove':
    case 'test':
      return simpleProblem(root, op, path);
    case 'replace':
      return replaceProblem(root, path);
    case 'move':
    case 'copy':
      return transferProblem(root, op, path, from);
    default:
      return `Unexpected kind: ${op}`;
  }
};

/** The object after all operations; what it is given stays as it is. Throws PatchProblem. */
export const applyOperations = (object: Draft, operations: readonly JsonPatchOperation[]): Draft => {
  let current = object;
  for (const operation of operations) {
    try {
      current = applyJsonPatch(current, [operation]) as Draft;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const problem = problemOf(current, operation);
      throw new PatchProblem(problem, problem.endsWith(': test failed'));
    }
  }
  return current;
};

/** JSON Patches of policies and webhooks: applied one by one, so that a failure can say which did not apply. */

import { applyJsonPatch, type JsonPatchOperation } from '../machinery/json-patch.ts';
import type { Draft } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';

/** An operation that does not apply; the text is that of the library upstream uses (evanphx/json-patch v4). */
export class PatchProblem extends Error {
  readonly operation: JsonPatchOperation;

  constructor(message: string, operation: JsonPatchOperation) {
    super(message);
    this.name = 'PatchProblem';
    this.operation = operation;
  }
}

const valueAt = (root: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? (value as Draft)[name] : undefined),
    root,
  );

const problemOf = (object: unknown, { op = '', path = '' }: JsonPatchOperation): string => {
  const names = path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const parent = valueAt(object, names.slice(0, -1));
  const key = names.at(-1) ?? '';
  if (op === 'test') return `testing value ${path} failed: test failed`;
  if (typeof parent !== 'object' || parent === null) {
    const shown = op === 'replace' ? path : JSON.stringify(path);
    return `${op} operation does not apply: doc is missing path: ${shown}: missing value`;
  }
  if (op === 'replace') return `replace operation does not apply: doc is missing key: ${path}: missing value`;
  const detail = Array.isArray(parent)
    ? `Unable to access invalid index: ${key}: invalid index referenced`
    : `Unable to ${op} nonexistent key: ${key}: missing value`;
  return `error in ${op} for path: '${path}': ${detail}`;
};

/** The object after all operations; what it is given stays as it is. Throws PatchProblem. */
export const applyOperations = (object: Draft, operations: readonly JsonPatchOperation[]): Draft => {
  let current = object;
  for (const operation of operations) {
    try {
      current = applyJsonPatch(current, [operation]) as Draft;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw new PatchProblem(problemOf(current, operation), operation);
    }
  }
  return current;
};

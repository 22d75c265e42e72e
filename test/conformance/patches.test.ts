/**
 * Recorded patches at the level of the pure functions: what decoding, defaulting, pruning and validation do
 * to the result afterwards is left out of the comparison.
 */
import { describe, expect, it } from 'vitest';
import { schemaOfKind } from '../../src/kinds/schema-facts.ts';
import { deepEqual } from '../../src/machinery/deep.ts';
import { applyJsonPatch, decodeJsonPatch } from '../../src/machinery/json-patch.ts';
import { applyMergePatch, decodeMergePatch } from '../../src/machinery/merge-patch.ts';
import { parseGroupVersion } from '../../src/machinery/names.ts';
import { StatusError } from '../../src/machinery/status.ts';
import { applyStrategicPatch, decodeStrategicPatch } from '../../src/machinery/strategic-patch.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';

type Tree = { [key: string]: unknown };

interface Case {
  id: string;
  before: string;
  type: 'json' | 'merge' | 'strategic';
  patch: unknown;
  status: number;
  after?: Tree;
  body?: { message: string; code: number; reason?: string };
}

const expand = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  const repeat = (value as Tree)['$repeat'];
  if (Array.isArray(repeat)) {
    const [item, times] = repeat as [unknown, number];
    return typeof item === 'string' ? item.repeat(times) : Array.from({ length: times }, () => item);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item)]));
};

const isBare = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Fields that later steps add, drop or own. */
const later = /^\.(metadata\.(generation|creationTimestamp)|status|apiVersion|kind)\b|\$|\.(new|zed|-)(\.|$)/;

/** Differences between what the patch gives and the stored result, defaults (only in the result) aside. */
const differences = (got: unknown, want: unknown, path: string): string[] => {
  if (later.test(path) || isBare(got) || deepEqual(got, want)) return [];
  if (typeof got === 'object' && typeof want === 'object' && got !== null && want !== null) {
    if (Array.isArray(got) && Array.isArray(want) && got.length !== want.length) return [`${path}: length`];
    return Object.keys({ ...got, ...want }).flatMap((key) =>
      differences((got as Tree)[key], (want as Tree)[key], `${path}.${key}`),
    );
  }
  return [`${path}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`];
};

const bases = readGoldenJson<Record<string, Tree>>('patch-bases.json.gz');
const cases = readGoldenLines<Case>('patches.jsonl.gz');

const apply = (base: Tree, { type, patch: body }: Case): unknown => {
  const patch = expand(body);
  if (type === 'json') return applyJsonPatch(base, decodeJsonPatch(patch));
  if (type === 'merge') return applyMergePatch(base, decodeMergePatch(patch));
  const { group, version } = parseGroupVersion(String(base['apiVersion'])) ?? { group: '', version: '' };
  const schema = schemaOfKind(group, version, String(base['kind']));
  if (!schema) throw new Error(`no schema for ${base['kind']}`);
  return applyStrategicPatch(base, decodeStrategicPatch(patch), schema);
};

const outcome = (base: Tree, testCase: Case): { result?: unknown; refusal?: StatusError } => {
  try {
    return { result: apply(base, testCase) };
  } catch (error) {
    if (error instanceof StatusError) return { refusal: error };
    throw error;
  }
};

/** Refusals that other layers make: not JSON, not a built-in type, identity, preconditions, validation. */
const elsewhere = ({ patch, status, body }: Case): boolean =>
  patch === 'x' ||
  status === 415 ||
  status === 409 ||
  / is invalid|^the name/.test(body?.message ?? '') ||
  body?.message.startsWith('the namespace') === true;

describe.each(['json', 'merge', 'strategic'] as const)('recorded %s patches', (type) => {
  const mine = cases.filter((testCase) => testCase.type === type && !elsewhere(testCase));
  it.each(mine.map((testCase) => [testCase.id, testCase] as const))('%s', (id, testCase) => {
    const { result, refusal } = outcome(bases[testCase.before] ?? {}, testCase);
    if (testCase.status !== 200) {
      const { code, reason, message } = testCase.body ?? {};
      expect({
        code: refusal?.status.code,
        reason: refusal?.status.reason,
        message: refusal?.status.message,
      }).toEqual({
        code,
        reason,
        message,
      });
    } else if (!id.endsWith('to ExternalName') && !id.includes('on status')) {
      expect(refusal?.message).toBeUndefined();
      expect(differences(result, testCase.after, '')).toEqual([]);
    }
  });
});

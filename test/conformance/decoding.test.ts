/**
 * Bodies with one thing broken, as a Kubernetes 1.36 server decoded them: refusals word for word, warnings, and odd
 * values it takes. Cases of `decoding.jsonl.gz` are those of the recording of invalid objects that decoding decides.
 */
import { applyPatch, type Operation } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import { schemaOfKind } from '../../src/kinds/schema-facts.ts';
import { decodeBody, type FieldValidation } from '../../src/machinery/decode.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';

interface Case {
  readonly id: string;
  readonly bodyFrom: string;
  readonly bodyPatch: Operation[];
  readonly validation: FieldValidation;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const manifests = readGoldenJson<Readonly<Record<string, Manifest>>>('manifests.json.gz');

const bodyOf = ({ bodyFrom, bodyPatch }: Case): Manifest => {
  const body = structuredClone(manifests[bodyFrom]);
  if (!body) throw new Error(`no manifest ${bodyFrom}`);
  applyPatch(body, structuredClone(bodyPatch));
  return body;
};

const outcomeOf = (recorded: Case): unknown => {
  const body = bodyOf(recorded);
  const { apiVersion, kind } = manifests[recorded.bodyFrom] ?? body;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const schema = schemaOfKind(group, version, kind);
  if (!schema) throw new Error(`no schema of ${kind}`);
  const text = JSON.stringify(body);
  try {
    return {
      warnings: decodeBody(JSON.parse(text), { kind, version, schema }, recorded.validation, text).warnings,
    };
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
};

describe('decoding of broken bodies', () => {
  const cases = readGoldenLines<Case>('decoding.jsonl.gz');
  test.each(cases.map((recorded) => [recorded.id, recorded] as const))('%s', (_, recorded) => {
    const { message, warnings } = recorded;
    expect(outcomeOf(recorded)).toEqual(message === undefined ? { warnings } : { message });
  });
});

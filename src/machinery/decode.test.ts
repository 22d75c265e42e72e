import { describe, expect, test } from 'vitest';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { decodeBody, decodeValue, readTypeMeta, unrecognizedBody } from './decode.ts';
import type { Schema } from './schema.ts';
import { parseJson } from './strict-json.ts';

const schema = (group: string, version: string, kind: string): Schema => {
  const found = schemaOfKind(group, version, kind);
  if (!found) throw new Error(`no schema of ${kind}`);
  return found;
};
const pod = schema('', 'v1', 'Pod');
const deployment = schema('apps', 'v1', 'Deployment');
const target = { kind: 'Deployment', version: 'v1', schema: deployment };

const failure = (value: unknown, of: Schema): string => {
  const result = decodeValue(value, of);
  return result.ok ? 'accepted' : result.error;
};

describe('refusals', () => {
  const container = (fields: object): object => ({ spec: { containers: [{ name: 'a', ...fields }] } });
  test.each<[string, unknown, Schema, string]>([
    [
      'an array for a struct',
      { metadata: [] },
      pod,
      'json: cannot unmarshal array into Go struct field Pod.metadata of type v1.ObjectMeta',
    ],
    ['an array for the whole', [], pod, 'json: cannot unmarshal array into Go value of type v1.Pod'],
    [
      'a number for a string',
      { metadata: { name: 7 } },
      pod,
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ],
    [
      'a string for an integer',
      { spec: { replicas: '1' } },
      deployment,
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'an integer out of range',
      { spec: { replicas: 2147483648 } },
      deployment,
      'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction for an integer',
      { spec: { replicas: 1.5 } },
      deployment,
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a string for a list of structs',
      container({ env: 'x' }),
      pod,
      'json: cannot unmarshal string into Go struct field Container.spec.containers.env of type []v1.EnvVar',
    ],
    [
      'an item of the wrong type',
      container({ command: [1] }),
      pod,
      'json: cannot unmarshal number into Go struct field Container.spec.containers.command of type string',
    ],
    [
      'an inlined struct is named',
      { spec: { volumes: [{ configMap: [] }] } },
      pod,
      'json: cannot unmarshal array into Go struct field Volume.spec.volumes.VolumeSource.configMap of type v1.ConfigMapVolumeSource',
    ],
    [
      'an enum has its type',
      { spec: { restartPolicy: 1 } },
      pod,
      'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      'a bad quantity',
      container({ resources: { requests: { cpu: '1..5' } } }),
      pod,
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'a bad time',
      { metadata: { creationTimestamp: 'yesterday' } },
      pod,
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      'text after a time',
      { metadata: { creationTimestamp: '2024-01-01T00:00:00Zx' } },
      pod,
      'parsing time "2024-01-01T00:00:00Zx": extra text: "x"',
    ],
    [
      'a month that does not exist',
      { metadata: { creationTimestamp: '2024-13-01T00:00:00Z' } },
      pod,
      'parsing time "2024-13-01T00:00:00Z": month out of range',
    ],
    [
      'bad base64',
      { data: { k: 'not base64!' } },
      schema('', 'v1', 'Secret'),
      'illegal base64 data at input byte 3',
    ],
    [
      'a bool for int-or-string',
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      deployment,
      'json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
    ],
  ])('%s', (_, value, of, message) => {
    expect(failure(value, of)).toBe(message);
  });
});

describe('what comes out', () => {
  const decoded = (value: unknown, of: Schema): unknown => {
    const result = decodeValue(value, of);
    if (!result.ok) throw new Error(result.error);
    return result.value.draft;
  };
  test('null and explicit zeros are absence, structs are always there', () => {
    const body = {
      metadata: { labels: { a: null } },
      spec: { containers: null, nodeName: '', restartPolicy: null },
    };
    expect(decoded(body, pod)).toEqual({
      metadata: { labels: { a: '' } },
      spec: { containers: null },
      status: {},
    });
  });
  test('a pointer keeps its zero', () => {
    const body = {
      spec: { terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, securityContext: {} },
    };
    expect(decoded(body, pod)).toMatchObject(body);
  });
  test('times are in UTC without fractions', () => {
    expect(decoded({ metadata: { creationTimestamp: '2024-01-01T02:00:00.5+02:00' } }, pod)).toMatchObject({
      metadata: { creationTimestamp: '2024-01-01T00:00:00Z' },
    });
  });
  test('a quantity may be a number', () => {
    const body = { spec: { containers: [{ resources: { limits: { cpu: 2 } } }] } };
    expect(decoded(body, pod)).toMatchObject({
      spec: { containers: [{ resources: { limits: { cpu: '2' } } }] },
    });
  });
  test('fields stand in the order of the type, map keys are sorted', () => {
    const draft = decoded(
      { spec: { containers: [] }, metadata: { labels: { b: '1', a: '2' } }, kind: 'Pod' },
      pod,
    );
    expect(JSON.stringify(draft)).toBe(
      '{"kind":"Pod","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[]},"status":{}}',
    );
  });
  test('a key named __proto__ is a key', () => {
    const draft = decoded(JSON.parse('{"data":{"__proto__":"x"}}'), schema('', 'v1', 'ConfigMap'));
    expect(JSON.stringify(draft)).toContain('"__proto__":"x"');
  });
});

describe('strict decoding', () => {
  const run = (text: string, validation: 'Ignore' | 'Warn' | 'Strict'): readonly string[] => {
    const value = parseJson(text);
    if (!value.ok) throw new Error(value.error);
    return decodeBody(value.value, target, validation, text).warnings;
  };
  const text =
    '{"metadata":{"name":"a","name":"b"},"zz":{"q":1,"q":2},"spec":{"template":{"spec":{"containers":[{"nme":"x"}]}}},"metadata":{"name":"a"}}';
  test('tells unknown and duplicate fields in the order of the text', () => {
    expect(run(text, 'Warn')).toEqual([
      'duplicate field "metadata.name"',
      'unknown field "zz"',
      'unknown field "spec.template.spec.containers[0].nme"',
      'duplicate field "metadata"',
    ]);
  });
  test('refuses them when strict', () => {
    expect(() => run('{"spec":{"foo":1}}', 'Strict')).toThrow(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo"',
    );
  });
  test('says nothing when ignoring', () => {
    expect(run(text, 'Ignore')).toEqual([]);
  });
  test('colons and quotes inside strings are not members', () => {
    expect(run('{"metadata":{"annotations":{"a":"\\"x\\": {\\"y\\":1}", "b" : "\\\\"}}}', 'Warn')).toEqual(
      [],
    );
  });
});

describe('custom types', () => {
  const string: Schema = { type: 'string' };
  const optional = { omit: 'empty', pointer: true } as const;
  const objectMeta = pod.fields?.get('metadata')?.schema ?? string;
  const spec: Schema = {
    type: 'object',
    fields: new Map([
      ['s', { name: 's', schema: string, ...optional }],
      ['free', { name: 'free', schema: { type: 'object', preserveUnknownFields: true }, ...optional }],
    ]),
  };
  const root: Schema = {
    type: 'object',
    fields: new Map([
      ['metadata', { name: 'metadata', schema: objectMeta, ...optional }],
      ['spec', { name: 'spec', schema: spec, ...optional }],
      ['kind', { name: 'kind', schema: string, ...optional }],
    ]),
  };
  const custom = { kind: 'Thing', version: 'v1', schema: root, custom: true };
  test('unknown fields go, wrong types stay', () => {
    const body = {
      kind: 'Thing',
      metadata: { name: 'a', zz: 1 },
      spec: { s: 1, x: 2, free: { y: { z: 3 } } },
    };
    const decoded = decodeBody(body, custom, 'Warn');
    expect(decoded.draft).toEqual({
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { s: 1, free: { y: { z: 3 } } },
    });
    expect(decoded.warnings).toEqual(['unknown field "metadata.zz"', 'unknown field "spec.x"']);
  });
});

describe('bodies that are no objects', () => {
  test('an array has no kind', () => {
    const result = readTypeMeta([]);
    expect(result.ok ? '' : unrecognizedBody('ConfigMap', result.error, new TextEncoder().encode('[]'))).toBe(
      `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
    );
  });
  test.each([
    ['{"a":', 'unexpected end of JSON input'],
    ['apiVersion: v1', "invalid character 'a' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":1}}', "invalid character '}' after top-level value"],
    ['tru', 'unexpected end of JSON input'],
    ['trx', "invalid character 'x' in literal true (expecting 'u')"],
    [`${'['.repeat(2000)}${']'.repeat(2000)}`, 'exceeded max depth'],
  ])('%#', (text, message) => {
    const result = parseJson(text);
    expect(result.ok ? 'accepted' : result.error).toBe(message);
  });
});

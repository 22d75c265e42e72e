import { describe, expect, test } from 'vitest';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { decodeBody } from './decode.ts';

const schema = schemaOfKind('apps', 'v1', 'Deployment') ?? { type: 'any' };

const decode = (text: string): unknown =>
  decodeBody(JSON.parse(text), { kind: 'Deployment', version: 'v1', schema }, 'Strict', text).draft['spec'];

const spec = (fields: string): string => `{"spec": {${fields}}}`;

describe('integers are read from digits alone', () => {
  test.each([
    ['"replicas": 1.0', 'number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    ['"replicas": 1e2', 'number 1e2 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    ['"replicas": 1.5', 'number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [
      '"template": {"spec": {"activeDeadlineSeconds": 9223372036854775808}}',
      'number 9223372036854775808 into Go struct field PodSpec.spec.template.spec.activeDeadlineSeconds of type int64',
    ],
  ])('%s is refused', (fields, text) => {
    expect(() => decode(spec(fields))).toThrow(`json: cannot unmarshal ${text}`);
  });

  test.each([
    '"replicas": 3',
    '"template": {"spec": {"activeDeadlineSeconds": 9223372036854775807}}',
    '"template": {"metadata": {"annotations": {"a": "b: 1.0", "c": "12345678901234567890"}}}',
    '"template": {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": 1.0, "memory": 1e9}}}]}}',
  ])('%s is taken', (fields) => {
    expect(decode(spec(fields))).toBeDefined();
  });
});

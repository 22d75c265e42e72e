/** What upstream's conformance tests ask of field validation and of admission policies. */

import { describe, expect, test } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { APPLY, FOOS, fresh, MAPS, OPEN, one } from './definitions.ts';

describe('field validation', () => {
  const strict = (harness: Harness, url: string, body: string, headers: object = {}) =>
    harness.request('POST', `${url}?fieldValidation=Strict`, {
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const apply = (harness: Harness, body: object | string) =>
    harness.request('PATCH', `${FOOS}/f?fieldManager=m&fieldValidation=Strict`, { headers: APPLY, body });
  const foo = (more: object) => ({
    apiVersion: 'example.com/v1',
    kind: 'Foo',
    metadata: { name: 'f' },
    ...more,
  });
  const messageOf = (reply: { readonly json: unknown }): string =>
    (reply.json as { readonly message?: string }).message ?? '';

  test('[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object', () => {
    const reply = strict(
      fresh(),
      '/apis/apps/v1/namespaces/default/deployments',
      '{"metadata":{"name":"d"},"spec":{"unknown1":"v","replicas":1,"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"unknownNested":"v","containers":[{"name":"c","image":"i"}]}}}}',
    );
    expect(messageOf(reply)).toContain(
      'strict decoding error: unknown field "spec.unknown1", duplicate field "spec.replicas", unknown field "spec.template.spec.unknownNested"',
    );
  });

  test('[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object', () => {
    const reply = strict(fresh(), MAPS, '{"metadata":{"name":"d","unknownMeta":"x"}}');
    expect(messageOf(reply)).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
  });

  test('[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation schema', () => {
    expect(apply(one(), foo({ spec: { cronSpec: '*', ports: [1] } })).status).toBe(201);
  });

  test('[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema', () => {
    expect(apply(one(OPEN), foo({ spec: { any: 'thing' }, more: 1 })).status).toBe(201);
  });

  test('[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema', () => {
    const reply = apply(one(), foo({ spec: { extraProperty: 'arbitrary', cronSpec: '*' } }));
    expect(reply.status).toBe(500);
    expect(messageOf(reply)).toContain('.spec.extraProperty: field not declared in schema');
  });

  test('[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown fields', () => {
    const reply = strict(
      one(OPEN),
      FOOS,
      '{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"f"},"spec":{"a":1,"a":2,"x":{"y":1}}}',
    );
    expect(messageOf(reply)).toContain('strict decoding error: duplicate field "spec.a"');
  });

  test('[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR', () => {
    const embedded = {
      type: 'object',
      properties: {
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { metadata: { type: 'object' }, spec: { type: 'object' } },
        },
      },
    };
    const reply = strict(
      one(embedded),
      FOOS,
      JSON.stringify(
        foo({
          metadata: { name: 'f', unknownMeta: 'x' },
          template: { apiVersion: 'foo/v1', kind: 'Sub', metadata: { name: 's', unknownSubMeta: 'x' } },
        }),
      ),
    );
    expect(messageOf(reply)).toContain('unknown field "metadata.unknownMeta"');
    expect(messageOf(reply)).toContain('unknown field "template.metadata.unknownSubMeta"');
  });
});

describe('policies', () => {
  const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const enforce = (harness: Harness, spec: object): void => {
    const matchConstraints = {
      resourceRules: [
        { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
      ],
    };
    harness.expect(201, 'POST', POLICIES, {
      body: { metadata: { name: 'p' }, spec: { matchConstraints, ...spec } },
    });
    harness.expect(201, 'POST', `${POLICIES.replace('policies', 'policybindings')}`, {
      body: { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    });
  };
  const deploy = (harness: Harness, replicas: number) =>
    harness.request('POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All', {
      body: {
        metadata: { name: 'd' },
        spec: {
          replicas,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      },
    }).status;

  test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate against a Deployment', () => {
    const harness = fresh();
    enforce(harness, {
      validations: [
        {
          expression: 'object.spec.replicas > 1',
          messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
        },
      ],
    });
    expect([deploy(harness, 2), deploy(harness, 1)]).toEqual([201, 422]);
  });

  test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow expressions to refer variables.', () => {
    const harness = fresh();
    enforce(harness, {
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
      ],
      validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
    });
    expect([deploy(harness, 3), deploy(harness, 1), deploy(harness, 2)]).toEqual([201, 422, 422]);
  });
});

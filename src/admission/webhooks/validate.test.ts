/** Webhooks that judge. */

import { describe, expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';
import { configure, create, hook, MAPS, open, patch } from '../../../test/support/webhooks.ts';
import type { OutsideReply } from '../../machinery/outside.ts';

describe('validating webhooks', () => {
  test.each([
    [{ allowed: false }, 400, undefined, 'denied the request without explanation'],
    [{ allowed: false, status: { reason: 'Bad' } }, 400, 'Bad', 'denied the request: Bad'],
    [
      { allowed: false, status: { message: 'no', code: 403, reason: 'Forbidden' } },
      403,
      'Forbidden',
      'denied the request: no',
    ],
    [{ allowed: false, status: { message: 'no', code: 200 } }, 400, undefined, 'denied the request: no'],
  ])('refuse: %j', (response, code, reason, text) => {
    const { harness } = open({ judge: () => response });
    configure(harness, 'Validating', 'v', hook('judge'));
    const reply = create(harness).json;
    expect(reply).toMatchObject({ code, message: `admission webhook "judge.example.com" ${text}` });
    expect((reply as { readonly reason?: string }).reason).toBe(reason);
    harness.expect(404, 'GET', `${MAPS}/x`);
  });

  test('are asked at the same time; the first refusal in order counts, all warnings are told', () => {
    const { harness, asked } = open({
      a: () => ({ allowed: true, warnings: ['mind the gap'] }),
      b: () => ({ allowed: false, status: { message: 'b says no' } }),
      c: () => ({ allowed: false, status: { message: 'c says no' }, warnings: ['third'] }),
    });
    configure(harness, 'Validating', 'two', hook('c'));
    configure(harness, 'Validating', 'one', hook('a'), hook('b'));
    const reply = create(harness);
    expect(reply.body).toContain('b says no');
    expect(asked).toHaveLength(3);
  });

  test('warn, and leave annotations in the audit record, within bounds', () => {
    const long = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`k${index}`, 'x'.repeat(5000)]),
    );
    const { harness } = open({
      a: () => ({
        allowed: true,
        warnings: ['mind the gap'],
        auditAnnotations: { a: 'yes', ['a'.repeat(300)]: 'no', ...long },
      }),
    });
    configure(harness, 'Validating', 'one', hook('a'));
    expect(create(harness).headers).toMatchObject({ Warning: '299 - "mind the gap"' });
    const record = JSON.stringify(harness.cluster.audit.page({ resource: 'configmaps' }).events);
    expect(record).toContain('"a.example.com/a":"yes"');
    expect(record.match(/"a\.example\.com\/k\d+":"x{4096}"/g)).toHaveLength(30);
  });

  test.each([
    [
      'a reply that is not 2xx',
      { status: 404, body: '' },
      'the server could not find the requested resource',
    ],
    [
      'a server that breaks',
      { status: 500, body: 'oops' },
      'an error on the server ("oops") has prevented the request from succeeding',
    ],
    [
      'a server that says it breaks in JSON of its own',
      { status: 500, body: '{"error":"oops"}', contentType: 'application/json' },
      'an error on the server ("unknown") has prevented the request from succeeding',
    ],
    [
      'a Status',
      {
        status: 400,
        body: '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not so"}',
        contentType: 'application/json',
      },
      'not so',
    ],
    ['a refusal', { status: 403, body: 'keep out', contentType: 'text/plain; charset=utf-8' }, 'keep out'],
    [
      'nothing',
      { status: 200, body: '' },
      '0-length response with status code: 200 and content type: application/json',
    ],
    [
      'half a review',
      { status: 200, body: '{"kind":' },
      "couldn't get version/kind; json parse error: unexpected end of JSON input",
    ],
    [
      'a page',
      { status: 200, body: '<html>' },
      `couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    ],
    [
      'a verdict that is a text',
      { status: 200, body: '{"response":{"uid":"x","allowed":"true"}}' },
      'json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool',
    ],
    [
      'a patch that is not base64',
      { status: 200, body: '{"response":{"uid":"x","allowed":true,"patch":"!!!"}}' },
      'illegal base64 data at input byte 0',
    ],
    [
      'a deadline',
      { failure: 'context deadline exceeded' },
      'Post "https://hooks.example.com/a?timeout=10s": context deadline exceeded',
    ],
  ] satisfies readonly (readonly [string, OutsideReply, string])[])('fail on %s', (_why, reply, text) => {
    const harness = new Harness({ settings: { nodes: [] }, actors: [], outside: () => reply });
    configure(harness, 'Validating', 'one', hook('a'));
    expect(create(harness).json).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: ${text}`,
    });
    const lenient = new Harness({ settings: { nodes: [] }, actors: [], outside: () => reply });
    configure(lenient, 'Validating', 'one', hook('a', { failurePolicy: 'Ignore' }));
    expect(create(lenient).status).toBe(201);
  });

  test.each([
    [{}, 'webhook response was absent'],
    [{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'x' } }, 'got "x"'],
  ])('fail on a response that is none: %j', (body, text) => {
    const harness = new Harness({
      settings: { nodes: [] },
      actors: [],
      outside: () => ({ status: 200, body: JSON.stringify(body) }),
    });
    configure(harness, 'Validating', 'one', hook('a'));
    expect(create(harness).body).toContain('received invalid webhook response: ');
    expect((create(harness).json as { readonly message: string }).message).toContain(text);
  });

  test('may not patch', () => {
    const { harness } = open({ a: () => patch({ op: 'add', path: '/data/b', value: '2' }) });
    configure(harness, 'Validating', 'one', hook('a'));
    expect((create(harness).json as { readonly message: string }).message).toContain(
      'validating webhook may not return response.patch',
    );
  });

  test('are not shown dry runs unless they have no side effects in them', () => {
    const { harness, asked } = open({ a: () => ({ allowed: true }) });
    configure(harness, 'Validating', 'one', hook('a', { sideEffects: 'NoneOnDryRun' }));
    expect(create(harness, {}, '?dryRun=All').status).toBe(201);
    expect(asked[0]?.request['dryRun']).toBe(true);
  });
});

describe('controllers', () => {
  const POD_RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];
  const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
`;

  test('wait for webhooks about the pods they create, and a sidecar is injected', () => {
    const sidecar = { op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'envoy' } };
    const { harness, asked } = open({ inject: () => patch(sidecar) }, { settings: {} });
    configure(harness, 'Mutating', 'm', hook('inject', { rules: POD_RULES }));
    harness.create(DEPLOYMENT);
    harness.settle(10 * 60_000);
    const pods = harness.list<{
      readonly spec: { readonly containers: readonly { readonly name: string }[] };
    }>('/api/v1/namespaces/default/pods');
    expect(pods.map(({ spec }) => spec.containers.map(({ name }) => name))).toEqual(
      Array.from({ length: 3 }, () => ['web', 'side']),
    );
    expect(asked).toHaveLength(3);
  });

  test('are refused like anybody', () => {
    const { harness } = open(
      { inject: () => ({ allowed: false, status: { message: 'no pods today' } }) },
      { settings: {} },
    );
    configure(harness, 'Validating', 'm', hook('inject', { rules: POD_RULES }));
    harness.create(DEPLOYMENT);
    harness.settle(1000);
    expect(harness.list('/api/v1/namespaces/default/pods')).toEqual([]);
    const events = harness.list<{ readonly reason: string; readonly message: string }>(
      '/api/v1/namespaces/default/events',
    );
    expect(events.find(({ reason }) => reason === 'FailedCreate')?.message).toContain(
      'admission webhook "inject.example.com" denied the request: no pods today',
    );
  });
});

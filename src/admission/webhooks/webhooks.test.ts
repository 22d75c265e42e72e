import { describe, expect, test } from 'vitest';
import { Harness, type HarnessOptions } from '../../../test/support/harness.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { OutsideCall, OutsideReply } from '../../machinery/outside.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Asked {
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly request: {
    readonly uid: string;
    readonly object: (KubeObject & { readonly data?: Readonly<Record<string, string>> }) | null;
    readonly oldObject: KubeObject | null;
    readonly [field: string]: unknown;
  };
}

type Answer = (asked: Asked) => object;

const review = (uid: string, response: object): OutsideReply => ({
  status: 200,
  body: JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...response },
  }),
});

/** Answers by the path that is called. */
const answering = (answers: Readonly<Record<string, Answer>>, asked: Asked[]) => (call: OutsideCall) => {
  const { request } = JSON.parse(call.body) as { readonly request: Asked['request'] };
  const heard = { url: call.url, timeoutSeconds: call.timeoutSeconds, request };
  asked.push(heard);
  const answer = answers[new URL(call.url).pathname.slice(1)];
  return answer === undefined ? { failure: 'EOF' } : review(request.uid, answer(heard));
};

const patch = (...operations: readonly object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: btoa(JSON.stringify(operations)),
});

const MATCH_MAPS = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    resources: ['configmaps'],
  },
];

const hook = (name: string, more: object = {}) => ({
  name: `${name}.example.com`,
  rules: MATCH_MAPS,
  clientConfig: { url: `https://hooks.example.com/${name}` },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  ...more,
});

const configure = (
  harness: Harness,
  kind: 'Mutating' | 'Validating',
  name: string,
  ...webhooks: readonly object[]
): unknown =>
  harness.expect(201, 'POST', `${CONFIGURATIONS}/${kind.toLowerCase()}webhookconfigurations`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks,
    },
  });

const open = (answers: Readonly<Record<string, Answer>>, options: HarnessOptions = { actors: [] }) => {
  const asked: Asked[] = [];
  const harness = new Harness({
    settings: { nodes: [] },
    ...options,
    outside: answering(answers, asked),
  });
  return { harness, asked };
};

const create = (harness: Harness, metadata: object = {}, query = '') =>
  harness.request('POST', `${MAPS}${query}`, {
    body: { metadata: { name: 'x', ...metadata }, data: { a: '1' } },
  });

interface StoredMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const stored = (harness: Harness): StoredMap => harness.get<StoredMap>(`${MAPS}/x`);

describe('a review', () => {
  test('states the request as upstream does', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    configure(harness, 'Validating', 'v', hook('look', { timeoutSeconds: 7 }));
    expect(create(harness, {}, '?fieldManager=me').status).toBe(201);
    const [{ url, timeoutSeconds, request } = { url: '', timeoutSeconds: 0, request: undefined }] = asked;
    expect([url, timeoutSeconds]).toEqual(['https://hooks.example.com/look?timeout=7s', 7]);
    expect(request).toEqual({
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'x',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin', groups: ['system:authenticated', 'system:masters'] },
      object: expect.objectContaining({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } }),
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
    });
    expect(request?.object?.metadata.uid).toBe(stored(harness).metadata.uid);
  });

  test('shows old and new on update, and the old alone on delete', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    create(harness);
    configure(harness, 'Validating', 'v', hook('look'));
    harness.expect(200, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { a: '2' } },
    });
    harness.expect(200, 'DELETE', `${MAPS}/x?propagationPolicy=Background`);
    expect(asked.map(({ request }) => [request['operation'], request.object, request.oldObject])).toEqual([
      [
        'UPDATE',
        expect.objectContaining({ data: { a: '2' } }),
        expect.objectContaining({ data: { a: '1' } }),
      ],
      ['DELETE', null, expect.objectContaining({ data: { a: '2' } })],
    ]);
    expect(asked.map(({ request }) => request['options'])).toEqual([
      { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1' },
      { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' },
    ]);
  });

  test('shows an object at the version that matched', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    const rules = [
      {
        apiGroups: ['autoscaling'],
        apiVersions: ['v2'],
        operations: ['*'],
        resources: ['horizontalpodautoscalers'],
      },
    ];
    configure(harness, 'Validating', 'v', hook('look', { rules }));
    const body = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    };
    const url = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
    harness.expect(201, 'POST', url, { body });
    expect(asked[0]?.request).toMatchObject({
      kind: { version: 'v2' },
      requestKind: { version: 'v1' },
      object: { apiVersion: 'autoscaling/v2', spec: { metrics: [{ type: 'Resource' }] } },
    });
    const exact = open({ look: () => ({ allowed: true }) });
    configure(exact.harness, 'Validating', 'v', hook('look', { rules, matchPolicy: 'Exact' }));
    exact.harness.expect(201, 'POST', url, { body });
    expect(exact.asked).toEqual([]);
  });
});

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
        auditAnnotations: { seen: 'yes', ['k'.repeat(300)]: 'no', ...long },
      }),
    });
    configure(harness, 'Validating', 'one', hook('a'));
    expect(create(harness).headers).toMatchObject({ Warning: '299 - "mind the gap"' });
    const record = JSON.stringify(harness.cluster.audit.page({ resource: 'configmaps' }).events);
    expect(record).toContain('"a.example.com/seen":"yes"');
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

describe('mutating webhooks', () => {
  test('change the object one after the other, and what they leave is defaulted, validated and stored', () => {
    const { harness, asked } = open({
      first: () => patch({ op: 'add', path: '/data/b', value: '2' }),
      second: ({ request }) =>
        patch({ op: 'add', path: '/data/c', value: `${request.object?.data?.['b']}+1` }),
      judge: ({ request }) => ({ allowed: request.object?.data?.['c'] === '2+1' }),
    });
    configure(harness, 'Validating', 'v', hook('judge'));
    configure(harness, 'Mutating', 'n', hook('second'));
    configure(harness, 'Mutating', 'm', hook('first'));
    expect(create(harness).status).toBe(201);
    expect(stored(harness).data).toEqual({ a: '1', b: '2', c: '2+1' });
    expect(asked.map(({ url }) => url)).toEqual([
      'https://hooks.example.com/first?timeout=10s',
      'https://hooks.example.com/second?timeout=10s',
      'https://hooks.example.com/judge?timeout=10s',
    ]);
  });

  test('run after ownership was settled: nobody owns what they add', () => {
    const { harness } = open({ first: () => patch({ op: 'add', path: '/data/b', value: '2' }) });
    configure(harness, 'Mutating', 'm', hook('first'));
    create(harness, {}, '?fieldManager=me');
    expect(JSON.stringify(stored(harness).metadata.managedFields)).not.toContain('f:b');
  });

  test('see the object again when they wish and it was changed after them', () => {
    const count = ({ request }: Asked) =>
      patch({
        op: 'add',
        path: '/data/seen',
        value: String(Number(request.object?.data?.['seen'] ?? 0) + 1),
      });
    const { harness, asked } = open({
      early: count,
      late: ({ request }) =>
        request.object?.data?.['late'] === undefined
          ? patch({ op: 'add', path: '/data/late', value: 'yes' })
          : { allowed: true },
    });
    configure(harness, 'Mutating', 'm', hook('early', { reinvocationPolicy: 'IfNeeded' }), hook('late'));
    create(harness);
    expect(stored(harness).data).toEqual({ a: '1', late: 'yes', seen: '2' });
    expect(asked).toHaveLength(3);

    const never = open({ early: count, late: () => patch({ op: 'add', path: '/data/l', value: '' }) });
    configure(never.harness, 'Mutating', 'm', hook('early'), hook('late'));
    create(never.harness);
    expect(never.asked).toHaveLength(2);
  });

  test.each([
    [[{ op: 'remove', path: '/data/none' }], 500],
    [[{ op: 'add', path: '/data', value: 7 }], 500],
  ])('fail with a patch that does not fit: %j', (operations, code) => {
    const { harness } = open({ first: () => patch(...operations) });
    configure(harness, 'Mutating', 'm', hook('first'));
    expect(create(harness).json).toMatchObject({ code, reason: 'InternalError' });
  });

  test('cannot change what is deleted', () => {
    const { harness } = open({
      first: ({ request }) =>
        request['operation'] === 'DELETE'
          ? patch({ op: 'add', path: '/data/b', value: '2' })
          : { allowed: true },
    });
    configure(harness, 'Mutating', 'm', hook('first'));
    create(harness);
    expect(harness.request('DELETE', `${MAPS}/x`).body).toContain(
      'attempted to modify the object, which is not supported for this operation',
    );
  });

  test('may change generated names’ objects and each name is asked about once', () => {
    const { harness, asked } = open({
      first: () => patch({ op: 'add', path: '/data/b', value: '2' }),
      judge: () => ({ allowed: true }),
    });
    configure(harness, 'Mutating', 'm', hook('first'));
    configure(harness, 'Validating', 'v', hook('judge'));
    const reply = harness.expect(201, 'POST', MAPS, {
      body: { metadata: { generateName: 'g-' }, data: { a: '1' } },
    });
    expect((reply as KubeObject).metadata.name).toBe(asked[1]?.request.object?.metadata.name);
    expect(asked).toHaveLength(2);
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

test('deleting a collection asks about all of it at once', () => {
  const { harness, asked } = open({ judge: ({ request }) => ({ allowed: request['name'] !== 'm2' }) });
  for (const name of ['m1', 'm2', 'm3']) {
    harness.expect(201, 'POST', MAPS, { body: { metadata: { name, labels: { some: 'one' } } } });
  }
  configure(harness, 'Validating', 'v', hook('judge'));
  const url = `${MAPS}?labelSelector=some%3Done`;
  expect(harness.request('DELETE', url).body).toContain('denied the request');
  expect(harness.list(url)).toHaveLength(3);
  expect(asked.map(({ request }) => request['name'])).toEqual(['m1', 'm2', 'm3']);
});

describe('while a webhook is asked', () => {
  test('a write that comes between makes it be asked again about the new state', () => {
    const asked: Asked[] = [];
    let meddle: (() => void) | undefined;
    const answer = answering({ judge: () => ({ allowed: true }) }, asked);
    const harness: Harness = new Harness({
      settings: { nodes: [] },
      actors: [],
      outside: (call) => {
        const work = meddle;
        meddle = undefined;
        work?.();
        return answer(call);
      },
    });
    create(harness);
    configure(harness, 'Validating', 'v', hook('judge'));
    meddle = () => {
      harness.request('PATCH', `${MAPS}/x`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { data: { between: 'yes' } },
      });
    };
    harness.expect(200, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { mine: 'yes' } },
    });
    expect(stored(harness).data).toEqual({ a: '1', between: 'yes', mine: 'yes' });
    // Asked about the write between, about the first state of ours, and about the one that was stored.
    expect(asked).toHaveLength(3);
  });

  test('work that is overtaken again and again gives up', () => {
    let count = 0;
    const asked: Asked[] = [];
    const answer = answering({ judge: () => ({ allowed: true }) }, asked);
    const harness: Harness = new Harness({
      settings: { nodes: [] },
      actors: [],
      outside: (call) => {
        count += 1;
        // Through a door that is not watched.
        harness.expect(200, 'PATCH', `${MAPS}/x`, {
          headers: { 'content-type': 'application/merge-patch+json' },
          as: { username: 'meddler', groups: ['system:masters', 'system:authenticated'] },
          body: { data: { count: String(count) } },
        });
        return answer(call);
      },
    });
    create(harness);
    const matchConditions = [{ name: 'others', expression: 'request.userInfo.username != "meddler"' }];
    configure(harness, 'Validating', 'v', hook('judge', { matchConditions }));
    harness.expect(409, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { mine: 'yes' } },
    });
    expect(asked).toHaveLength(4);
  });
});

describe('what is not a plain object', () => {
  const PODS = '/api/v1/namespaces/default/pods';
  const rules = (operation: string, resource: string) => [
    { apiGroups: [''], apiVersions: ['v1'], operations: [operation], resources: [resource] },
  ];
  const withPod = (harness: Harness): void => {
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
    harness.expect(201, 'POST', PODS, { body: { metadata: { name: 'p' }, spec } });
  };

  test('connections are shown with their options', () => {
    const { harness, asked } = open({ look: () => ({ allowed: false, status: { message: 'no shells' } }) });
    withPod(harness);
    configure(harness, 'Validating', 'v', hook('look', { rules: rules('CONNECT', 'pods/exec') }));
    const reply = harness.request('POST', `${PODS}/p/exec?command=sh&command=-c&stdout=true&tty=true`);
    expect(reply.body).toContain('no shells');
    expect(asked[0]?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      resource: { resource: 'pods' },
      subResource: 'exec',
      operation: 'CONNECT',
      object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, tty: true, command: ['sh', '-c'] },
      oldObject: null,
    });
  });

  test('scales are shown as such, and may be changed', () => {
    const { harness, asked } = open({
      limit: ({ request }) => {
        const { spec } = request.object as unknown as { readonly spec: { readonly replicas: number } };
        return spec.replicas > 3
          ? patch({ op: 'replace', path: '/spec/replicas', value: 3 })
          : { allowed: true };
      },
    });
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    harness.expect(201, 'POST', deployments, {
      body: {
        metadata: { name: 'd' },
        spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template },
      },
    });
    const scaled = [
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['*/scale'] },
    ];
    configure(harness, 'Mutating', 'm', hook('limit', { rules: scaled }));
    const reply = harness.expect(200, 'PATCH', `${deployments}/d/scale`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { replicas: 10 } },
    });
    expect(reply).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    expect(asked[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      subResource: 'scale',
      object: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 10 } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    });
  });

  test('evictions are shown, and may be changed', () => {
    const grace = { op: 'add', path: '/deleteOptions', value: { gracePeriodSeconds: 7 } };
    const { harness, asked } = open({ look: () => patch(grace) });
    withPod(harness);
    configure(harness, 'Mutating', 'm', hook('look', { rules: rules('CREATE', 'pods/eviction') }));
    harness.expect(201, 'POST', `${PODS}/p/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    });
    expect(asked[0]?.request).toMatchObject({
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      subResource: 'eviction',
    });
    expect(harness.get<KubeObject>(`${PODS}/p`).metadata.deletionGracePeriodSeconds).toBe(7);
  });
});

test('webhooks behind a Service are reached through its external name only', () => {
  const { harness, asked } = open({ look: () => ({ allowed: true }) });
  const service = { namespace: 'default', name: 'out', path: '/look', port: 8443 };
  configure(harness, 'Validating', 'v', hook('look', { clientConfig: { service } }));
  expect(create(harness).body).toContain('service \\"out\\" not found');
  harness.create(
    '{apiVersion: v1, kind: Service, metadata: {name: out}, spec: {type: ExternalName, externalName: in.example.com}}',
  );
  expect(create(harness).status).toBe(201);
  expect(asked[0]?.url).toBe('https://in.example.com:8443/look?timeout=10s');
});

test('hosts that are not open are unknown', () => {
  const { harness, asked } = open({});
  configure(
    harness,
    'Validating',
    'v',
    hook('look', { clientConfig: { url: 'https://elsewhere.test/look' } }),
  );
  expect(create(harness).body).toContain('dial tcp: lookup elsewhere.test: no such host');
  expect(asked).toEqual([]);
});

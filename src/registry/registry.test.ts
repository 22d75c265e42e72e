import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const configMap = (metadata: object, rest: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  ...rest,
});

const makeHarness = (): Harness => new Harness({ settings: { nodes: [] } });

const reasonOf = (json: unknown): string => (json as { readonly reason?: string }).reason ?? '';
const messageOf = (json: unknown): string => (json as { readonly message?: string }).message ?? '';

describe('create', () => {
  test('fills the system fields', () => {
    const harness = makeHarness();
    const made = harness.expect(201, 'POST', CONFIGMAPS, {
      body: configMap({ name: 'a', uid: 'x' }),
    }) as KubeObject;
    expect(made.metadata.uid).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(made.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(Number(made.metadata.resourceVersion)).toBe(harness.end().revision);
    expect(made.metadata.namespace).toBe('default');
  });

  test('generated names are the prefix and five safe characters, and differ', () => {
    const harness = makeHarness();
    const names = [1, 2, 3].map(
      () =>
        (harness.expect(201, 'POST', CONFIGMAPS, { body: configMap({ generateName: 'x-' }) }) as KubeObject)
          .metadata.name,
    );
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test.each([
    [
      'a taken name',
      { name: 'kube-root-ca.crt' },
      409,
      'AlreadyExists',
      'configmaps "kube-root-ca.crt" already exists',
    ],
    [
      'another namespace in the body',
      { name: 'a', namespace: 'other' },
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a resourceVersion',
      { name: 'a', resourceVersion: '1' },
      500,
      '',
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'no name',
      {},
      422,
      'Invalid',
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
  ])('refuses %s', (_what, metadata, code, reason, message) => {
    const reply = makeHarness().request('POST', CONFIGMAPS, { body: configMap(metadata) });
    expect([reply.status, reasonOf(reply.json), messageOf(reply.json)]).toEqual([code, reason, message]);
  });

  test('a dry run writes nothing, and minds no resourceVersion', () => {
    const harness = makeHarness();
    const before = harness.end().revision;
    const body = configMap({ name: 'a', resourceVersion: '1' });
    harness.expect(201, 'POST', `${CONFIGMAPS}?dryRun=All`, { body });
    expect(harness.end().revision).toBe(before);
    expect(harness.request('GET', `${CONFIGMAPS}/a`).status).toBe(404);
  });
});

describe('update', () => {
  const stored = (): { harness: Harness; made: KubeObject } => {
    const harness = makeHarness();
    const made = harness.expect(201, 'POST', CONFIGMAPS, {
      body: configMap({ name: 'a' }, { data: { x: '1' } }),
    });
    return { harness, made: made as KubeObject };
  };

  test('an equal object keeps its resource version', () => {
    const { harness, made } = stored();
    const reply = harness.expect(200, 'PUT', `${CONFIGMAPS}/a`, {
      body: configMap({ name: 'a' }, { data: { x: '1' } }),
    });
    expect((reply as KubeObject).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('a stale resource version is a conflict', () => {
    const { harness, made } = stored();
    harness.expect(200, 'PATCH', `${CONFIGMAPS}/a`, { body: { data: { x: '2' } }, headers: MERGE });
    const reply = harness.request('PUT', `${CONFIGMAPS}/a`, { body: { ...made, data: { x: '3' } } });
    expect([reply.status, reasonOf(reply.json)]).toEqual([409, 'Conflict']);
  });

  test('another uid is a failed precondition', () => {
    const { harness, made } = stored();
    const metadata = { ...made.metadata, uid: 'other' };
    const reply = harness.request('PUT', `${CONFIGMAPS}/a`, { body: { ...made, metadata } });
    expect(reply.status).toBe(409);
    expect(messageOf(reply.json)).toContain('Precondition failed: UID in precondition: other');
  });

  test('generation grows with the spec alone', () => {
    const harness = makeHarness();
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec };
    const generation = (json: unknown) => (json as KubeObject).metadata.generation;
    expect(generation(harness.expect(201, 'POST', path, { body }))).toBe(1);
    const patch = (patch: unknown, sub = '') =>
      harness.expect(200, 'PATCH', `${path}/d${sub}`, { body: patch, headers: MERGE });
    expect(generation(patch({ metadata: { labels: { z: '1' } } }))).toBe(1);
    expect(generation(patch({ spec: { replicas: 2 } }))).toBe(2);
    expect(generation(patch({ status: { replicas: 2 } }, '/status'))).toBe(2);
    const scaled = patch({ spec: { replicas: 5 } }, '/scale') as {
      readonly spec: unknown;
      readonly status: unknown;
    };
    expect([scaled.spec, scaled.status]).toEqual([{ replicas: 5 }, { replicas: 2, selector: 'a=b' }]);
    expect(harness.get(`${path}/d`).metadata.generation).toBe(3);
  });
});

describe('delete', () => {
  test('a missing object is 404, a present one a Status with its uid', () => {
    const harness = makeHarness();
    expect(harness.request('DELETE', `${CONFIGMAPS}/a`).status).toBe(404);
    const made = harness.expect(201, 'POST', CONFIGMAPS, { body: configMap({ name: 'a' }) }) as KubeObject;
    const gone = harness.expect(200, 'DELETE', `${CONFIGMAPS}/a`) as {
      readonly status: string;
      readonly details: unknown;
    };
    expect(gone.status).toBe('Success');
    expect(gone.details).toEqual({ name: 'a', kind: 'configmaps', uid: made.metadata.uid });
  });

  test('finalizers hold the object until the last is taken away', () => {
    const harness = makeHarness();
    const metadata = { name: 'a', finalizers: ['example.com/f'] };
    harness.expect(201, 'POST', CONFIGMAPS, { body: configMap(metadata) });
    const marked = harness.expect(200, 'DELETE', `${CONFIGMAPS}/a`) as KubeObject;
    expect(marked.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(marked.metadata.deletionGracePeriodSeconds).toBe(0);
    const before = harness.end().revision;
    harness.expect(200, 'DELETE', `${CONFIGMAPS}/a`);
    expect(harness.end().revision).toBe(before);
    const added = harness.request('PATCH', `${CONFIGMAPS}/a`, {
      body: { metadata: { finalizers: ['example.com/f', 'example.com/g'] } },
      headers: MERGE,
    });
    expect(messageOf(added.json)).toContain('no new finalizers can be added if the object is being deleted');
    harness.expect(200, 'PATCH', `${CONFIGMAPS}/a`, {
      body: { metadata: { finalizers: null } },
      headers: MERGE,
    });
    expect(harness.request('GET', `${CONFIGMAPS}/a`).status).toBe(404);
  });

  test.each([
    ['Orphan', ['orphan']],
    ['Foreground', ['foregroundDeletion']],
  ])('propagation %s leaves its finalizer', (policy, finalizers) => {
    const harness = makeHarness();
    harness.expect(201, 'POST', CONFIGMAPS, { body: configMap({ name: 'a' }) });
    const marked = harness.expect(200, 'DELETE', `${CONFIGMAPS}/a?propagationPolicy=${policy}`) as KubeObject;
    expect(marked.metadata.finalizers).toEqual(finalizers);
  });

  test('preconditions are checked before anything is done', () => {
    const harness = makeHarness();
    harness.expect(201, 'POST', CONFIGMAPS, { body: configMap({ name: 'a' }) });
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'x' } };
    const reply = harness.request('DELETE', `${CONFIGMAPS}/a`, { body });
    expect([reply.status, reasonOf(reply.json)]).toEqual([409, 'Conflict']);
    expect(harness.request('GET', `${CONFIGMAPS}/a`).status).toBe(200);
  });

  test('a collection is deleted by selector and answered as a list', () => {
    const harness = makeHarness();
    for (const name of ['a', 'b', 'c']) {
      const labels = { keep: String(name === 'b') };
      harness.expect(201, 'POST', CONFIGMAPS, { body: configMap({ name, labels }) });
    }
    const gone = harness.expect(200, 'DELETE', `${CONFIGMAPS}?labelSelector=keep%3Dfalse`) as {
      readonly items: readonly KubeObject[];
    };
    expect(gone.items.map((item) => item.metadata.name)).toEqual(['a', 'c']);
    expect(harness.list(CONFIGMAPS).map((item) => item.metadata.name)).toEqual(['b', 'kube-root-ca.crt']);
  });

  test('an unscheduled pod goes at once, a scheduled one after its grace', () => {
    const harness = makeHarness();
    const path = '/api/v1/namespaces/default/pods';
    const pod = (name: string, nodeName?: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName ? { nodeName } : {}) },
    });
    harness.expect(201, 'POST', path, { body: pod('loose') });
    harness.expect(201, 'POST', path, { body: pod('bound', 'node-1') });
    expect(harness.expect(200, 'DELETE', `${path}/loose`)).toMatchObject({ kind: 'Pod' });
    expect(harness.request('GET', `${path}/loose`).status).toBe(404);
    const bound = harness.expect(200, 'DELETE', `${path}/bound`) as KubeObject;
    expect(bound.metadata.deletionTimestamp).toBe('2026-01-01T00:00:30Z');
    expect(bound.metadata.deletionGracePeriodSeconds).toBe(30);
    const shorter = harness.expect(200, 'DELETE', `${path}/bound?gracePeriodSeconds=10`) as KubeObject;
    expect(shorter.metadata.deletionTimestamp).toBe('2026-01-01T00:00:10Z');
    harness.expect(200, 'DELETE', `${path}/bound?gracePeriodSeconds=0`);
    expect(harness.request('GET', `${path}/bound`).status).toBe(404);
  });
});

describe('binding and eviction', () => {
  const pods = '/api/v1/namespaces/default/pods';
  const scene = (): Harness => {
    const harness = makeHarness();
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    harness.expect(201, 'POST', pods, {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
    });
    return harness;
  };
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'p' },
    target: { kind: 'Node', name: 'n' },
  };

  test('a binding sets the node once', () => {
    const harness = scene();
    expect(harness.expect(201, 'POST', `${pods}/p/binding`, { body: binding })).toMatchObject({
      status: 'Success',
      code: 201,
    });
    expect(harness.get(`${pods}/p`)).toMatchObject({
      spec: { nodeName: 'n' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    const again = harness.request('POST', `${pods}/p/binding`, { body: binding });
    expect(messageOf(again.json)).toBe(
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
    );
  });

  test('a binding names a node, and the pod it has seen', () => {
    const harness = scene();
    const bind = (change: object): unknown =>
      messageOf(harness.request('POST', `${pods}/p/binding`, { body: { ...binding, ...change } }).json);
    expect(bind({ target: { kind: 'Pod' } })).toBe(
      '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    );
    expect(bind({ metadata: { name: 'p', resourceVersion: '1' } })).toContain(
      'Precondition failed: ResourceVersion in precondition: 1',
    );
  });

  test('an eviction names the pod', () => {
    const harness = scene();
    const body = { apiVersion: 'policy/v1', kind: 'Eviction' };
    const reply = harness.request('POST', `${pods}/p/eviction`, { body });
    expect([reply.status, messageOf(reply.json)]).toEqual([
      400,
      'name in URL does not match name in Eviction object',
    ]);
  });

  test('an eviction deletes the pod', () => {
    const harness = scene();
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    expect(harness.expect(201, 'POST', `${pods}/p/eviction`, { body })).toMatchObject({ status: 'Success' });
    expect(harness.request('GET', `${pods}/p`).status).toBe(404);
  });
});

describe('field selectors that an index answers', () => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  const pods = '/api/v1/namespaces/default/pods';
  harness.request('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { metadata: { name: 'default' } },
  });
  for (const index of [1, 2, 3, 4]) {
    const spec = { nodeName: index % 2 ? 'odd' : 'even', containers: [{ name: 'c', image: 'x' }] };
    const metadata = { name: `p-${index}`, labels: { low: String(index < 3) } };
    harness.expect(201, 'POST', pods, { body: { metadata, spec } });
  }
  test.each([
    ['spec.nodeName=odd', ['p-1', 'p-3']],
    ['spec.nodeName=none', []],
    ['spec.nodeName=odd,metadata.name!=p-1', ['p-3']],
    ['spec.nodeName!=odd', ['p-2', 'p-4']],
    ['spec.nodeName=odd&labelSelector=low%3Dtrue', ['p-1']],
    ['spec.nodeName=odd&limit=2', ['p-1', 'p-3']],
    ['spec.nodeName=odd&limit=1', ['p-1']],
  ])('%s', (query, names) => {
    for (const path of [pods, '/api/v1/pods'])
      expect(harness.list(`${path}?fieldSelector=${query}`).map(({ metadata }) => metadata.name)).toEqual(
        names,
      );
  });
});

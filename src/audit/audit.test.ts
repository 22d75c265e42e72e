import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import { makeAuditReader } from './query.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const dev = { username: 'dev', groups: ['system:authenticated'] };

const events = (cluster: Harness, query = {}) => cluster.cluster.audit.page(query).events;

describe('the audit log', () => {
  test('tells who asked what with which outcome, newest first', () => {
    const cluster = new Harness({ actors: [] });
    const created = cluster.request('POST', MAPS, { body: { metadata: { name: 'a' }, data: { k: 'v' } } });
    const refused = cluster.request('GET', `${MAPS}/a`, { as: dev, headers: { 'user-agent': 'kubectl/x' } });
    expect([created.status, refused.status]).toEqual([201, 403]);
    const [newest, oldest] = events(cluster);
    expect(newest).toEqual({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: refused.headers['Audit-Id'],
      stage: 'ResponseComplete',
      requestURI: `${MAPS}/a`,
      verb: 'get',
      user: dev,
      userAgent: 'kubectl/x',
      objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
      responseStatus: {
        metadata: {},
        status: 'Failure',
        message: (refused.json as { message: string }).message,
        reason: 'Forbidden',
        details: { name: 'a', kind: 'configmaps' },
        code: 403,
      },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: '2026-01-01T00:00:00.000000Z',
      annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    });
    expect(oldest).toMatchObject({ verb: 'create', objectRef: { name: 'a' }, responseStatus: { code: 201 } });
  });
});

describe('a denial', () => {
  const url = '/api/v1/namespaces/default/secrets/s';
  const detailsOf = (reply: { readonly json: unknown }) =>
    (reply.json as { readonly details: Record<string, unknown> }).details;

  test('is the Status upstream sends; its id stands in a header', () => {
    const reply = new Harness({ actors: [] }).request('GET', url, { as: dev });
    expect(detailsOf(reply)).toEqual({ name: 's', kind: 'secrets' });
    expect(reply.headers['Audit-Id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('has the id in its details for whoever asks, or for the whole cluster', () => {
    const cluster = new Harness({ actors: [] });
    const asked = cluster.request('GET', url, { as: dev, headers: { 'kubicle-explain': 'true' } });
    expect(detailsOf(asked)['uid']).toBe(asked.headers['Audit-Id']);
    expect(cluster.cluster.audit.denialIds(true)).toBe(true);
    const set = cluster.request('GET', url, { as: dev });
    expect(detailsOf(set)['uid']).toBe(set.headers['Audit-Id']);
    expect(detailsOf(cluster.request('GET', url))).not.toHaveProperty('uid');
  });
});

describe('what is recorded', () => {
  test('a watch is recorded when it starts and when it ends, under one id', () => {
    const cluster = new Harness({ actors: [] });
    const answer = cluster.cluster.handle(
      {
        method: 'GET',
        path: MAPS,
        query: 'watch=true',
        headers: {},
        body: new Uint8Array(),
        identity: { username: 'root', groups: ['system:masters'] },
      },
      cluster.now,
    );
    if (answer.kind !== 'watch') throw new Error('no watch');
    expect(events(cluster)).toMatchObject([{ verb: 'watch', stage: 'ResponseStarted' }]);
    cluster.pass(5000);
    cluster.cluster.endWatch(answer.record ?? 0, cluster.now);
    const [end, start] = events(cluster);
    expect(end).toMatchObject({
      stage: 'ResponseComplete',
      auditID: start?.auditID,
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: '2026-01-01T00:00:05.000000Z',
    });
  });

  test('an impersonated request tells both, and is found by either', () => {
    const cluster = new Harness({ actors: [] });
    cluster.request('GET', MAPS, { headers: { 'impersonate-user': 'dev' } });
    for (const user of ['kubernetes-admin', 'dev']) {
      expect(events(cluster, { user })).toMatchObject([
        { user: { username: 'kubernetes-admin' }, impersonatedUser: { username: 'dev' } },
      ]);
    }
  });

  test("a client's own audit id is kept and echoed", () => {
    const cluster = new Harness({ actors: [] });
    const reply = cluster.request('GET', MAPS, { headers: { 'audit-id': 'mine' } });
    expect(reply.headers['Audit-Id']).toBe('mine');
    expect(events(cluster)).toMatchObject([{ auditID: 'mine' }]);
  });

  test('an id that is too long is not taken', () => {
    const cluster = new Harness({ actors: [] });
    const told = (length: number) =>
      cluster.request('GET', MAPS, { headers: { 'audit-id': 'i'.repeat(length) } }).headers['Audit-Id'];
    expect([told(256)?.length, told(257)?.length]).toEqual([256, 36]);
  });

  test('nothing a client sends makes a row that cannot be stored', () => {
    const cluster = new Harness({ actors: [] });
    const big = 'x'.repeat(200_000);
    for (let index = 0; index < 30; index += 1) {
      const as = { username: `u-${index}`, groups: ['system:masters'], extra: { big: [big] } };
      expect(cluster.request('GET', `${MAPS}/${index}`, { as }).status).toBe(404);
    }
    expect(cluster.request('GET', `${MAPS}/${'y'.repeat(400_000)}`).status).toBe(404);
    cluster.expect(201, 'POST', MAPS, { body: { metadata: { name: 'after' } } });
    expect(events(cluster, { verbs: ['create'] })).toHaveLength(1);
    expect(events(cluster, { user: 'u-29' })).toHaveLength(1);
  });

  test('ids told to clients are those of the log, and no two are alike', () => {
    const cluster = new Harness({ actors: [] });
    const told = Array.from({ length: 300 }, (_, index) => {
      const method = index % 3 === 0 ? 'POST' : 'GET';
      const body = method === 'POST' ? { metadata: { generateName: 'a-' } } : undefined;
      return cluster.request(method, MAPS, { body }).headers['Audit-Id'];
    });
    const found = events(cluster, { order: 'asc', limit: 1000 }).map(({ auditID }) => auditID);
    expect(found).toEqual(told);
    expect(new Set(found).size).toBe(300);
  });

  test('chatter leaves nothing, but has an id', () => {
    const cluster = new Harness({ actors: [] });
    expect(cluster.request('GET', '/version').headers['Audit-Id']).toBeDefined();
    cluster.request('GET', '/apis/apps/v1');
    expect(events(cluster)).toEqual([]);
  });

  test('no body of a secret at the default level, nor managed fields at a higher one', () => {
    const cluster = new Harness({ actors: [] });
    const secret = { metadata: { name: 's' }, stringData: { password: 'hunter2' } };
    cluster.expect(201, 'POST', '/api/v1/namespaces/default/secrets', { body: secret });
    expect(JSON.stringify(events(cluster))).not.toContain('hunter2');
    const { audit } = cluster.cluster;
    const rules = [{ level: 'RequestResponse', resources: [{ group: '', resources: ['configmaps'] }] }];
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitManagedFields: true, rules };
    expect(audit.setPolicy(policy)).toEqual([]);
    cluster.expect(201, 'POST', MAPS, { body: { metadata: { name: 'b' }, data: { k: 'v' } } });
    cluster.expect(200, 'GET', '/api/v1/namespaces/default/secrets/s');
    const [newest, received, before] = events(cluster);
    expect(received).toMatchObject({ stage: 'RequestReceived', auditID: newest?.auditID });
    expect(newest).toMatchObject({
      level: 'RequestResponse',
      requestObject: { metadata: { name: 'b' }, data: { k: 'v' } },
      responseObject: { kind: 'ConfigMap', data: { k: 'v' } },
    });
    expect(JSON.stringify(newest)).not.toContain('managedFields');
    expect(before?.objectRef?.resource).toBe('secrets');
  });

  test('a record that is too large keeps everything but its bodies', () => {
    const cluster = new Harness({ actors: [] });
    const rules = [{ level: 'Request' }];
    cluster.cluster.audit.setPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules });
    const data = { big: 'x'.repeat(400_000) };
    cluster.expect(201, 'POST', MAPS, { body: { metadata: { name: 'big' }, data } });
    const [event] = events(cluster, { verbs: ['create'] });
    expect(event?.annotations?.['audit.k8s.io/truncated']).toBe('true');
    expect(event).not.toHaveProperty('requestObject');
  });

  test('pod security says what it enforced and what audit found', () => {
    const cluster = new Harness({ settings: { nodes: [] } });
    const label = 'pod-security.kubernetes.io';
    const labels = { [`${label}/enforce`]: 'baseline', [`${label}/audit`]: 'restricted' };
    cluster.expect(201, 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'held', labels } } });
    cluster.settle(10_000);
    cluster.expect(201, 'POST', '/api/v1/namespaces/held/pods', {
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    });
    const [event] = events(cluster, { resource: 'pods' });
    expect(event?.annotations?.[`${label}/enforce-policy`]).toBe('baseline:latest');
    expect(event?.annotations?.[`${label}/audit-violations`]).toContain('would violate PodSecurity');
  });
});

describe('a batch', () => {
  const kim = { username: 'kim', groups: ['a'] };
  const lee = { username: 'lee', groups: ['b'] };
  const agentOf = (agent: string) => ({ 'user-agent': agent, 'cf-connecting-ip': '192.0.2.7' });

  test('says once who sent what follows, and every event says it again', () => {
    const cluster = new Harness({ actors: [] });
    const senders = [kim, kim, lee, lee, kim, kim, { ...kim, groups: ['c'] }, kim];
    for (const [index, as] of senders.entries()) {
      cluster.request('GET', MAPS, { as, headers: agentOf(index === 1 ? 'curl' : 'kubectl') });
    }
    const told = () =>
      events(cluster, { order: 'asc' }).map(({ user, userAgent, sourceIPs }) => ({
        user,
        userAgent,
        sourceIPs,
      }));
    const expected = senders.map((user, index) => ({
      user,
      userAgent: index === 1 ? 'curl' : 'kubectl',
      sourceIPs: ['192.0.2.7'],
    }));
    expect(told()).toEqual(expected);
    cluster.cluster.flush();
    expect(told()).toEqual(expected);
    const [row] = cluster.sql.all('SELECT records FROM audit');
    expect(String(row?.['records']).match(/kubectl/g)).toHaveLength(5);
  });

  test('is not confused by the end of a watch, a flush or an eviction', () => {
    const cluster = new Harness({ actors: [] });
    const ask = (as: typeof kim) => cluster.request('GET', MAPS, { as });
    const watch = cluster.cluster.handle(
      {
        method: 'GET',
        path: MAPS,
        query: 'watch=true',
        headers: {},
        body: new Uint8Array(),
        identity: { username: 'root', groups: ['system:masters'] },
      },
      cluster.now,
    );
    const record = watch.kind === 'watch' ? (watch.record ?? 0) : 0;
    ask(kim);
    cluster.cluster.flush();
    cluster.cluster.endWatch(record, cluster.now);
    ask(kim);
    cluster.cluster.endWatch(record, cluster.now);
    ask(kim);
    ask(kim);
    cluster.cluster.flush();
    cluster.evict();
    ask(kim);
    ask(lee);
    expect(events(cluster, { order: 'asc' }).map(({ user }) => user.username)).toEqual([
      'root',
      'kim',
      'root',
      'kim',
      'root',
      'kim',
      'kim',
      'kim',
      'lee',
    ]);
  });
});

describe('the log', () => {
  test('is paged in either order without loss or repeats', () => {
    const cluster = new Harness({ actors: [] });
    for (let index = 0; index < 25; index += 1) cluster.request('GET', `${MAPS}/n-${index}`);
    for (const order of ['asc', 'desc'] as const) {
      const names: (string | undefined)[] = [];
      let cursor: number | undefined;
      do {
        const page = cluster.cluster.audit.page({
          order,
          limit: 7,
          ...(cursor === undefined ? {} : { cursor }),
        });
        names.push(...page.events.map(({ objectRef }) => objectRef?.name));
        cursor = page.cursor;
      } while (cursor !== undefined);
      const expected = Array.from({ length: 25 }, (_, index) => `n-${index}`);
      expect(names).toEqual(order === 'asc' ? expected : expected.reverse());
    }
  });

  test('a page looks at so much only, and the next goes on there', () => {
    const batch = Array.from({ length: 20 }, (_, index) => ({
      t: index,
      l: 1,
      v: index % 10 === 0 ? 'get' : 'list',
      u: '/',
      c: 200,
    }));
    const source = {
      next: () => 21,
      oldest: () => 1,
      before: () => [{ seq: 1, records: batch }],
      from: () => [{ seq: 1, records: batch }],
    };
    const reader = makeAuditReader(source, 'seed', 6);
    for (const order of ['asc', 'desc'] as const) {
      let [found, pages] = [0, 0];
      let cursor: number | undefined;
      do {
        const page = reader.page({ order, verbs: ['get'], ...(cursor === undefined ? {} : { cursor }) });
        found += page.events.length;
        pages += 1;
        cursor = page.cursor;
      } while (cursor !== undefined && pages < 50);
      expect([found, pages]).toEqual([2, 4]);
    }
  });

  test('is asked by user, verb, resource, time, code and decision', () => {
    const cluster = new Harness({ actors: [] });
    cluster.request('POST', MAPS, { body: { metadata: { name: 'a' } } });
    cluster.pass(60_000);
    cluster.request('GET', `${MAPS}/none`);
    cluster.request('DELETE', `${MAPS}/a`, { as: dev });
    const count = (query: object): number => events(cluster, query).length;
    expect(count({})).toBe(3);
    expect(count({ user: 'dev' })).toBe(1);
    expect(count({ verbs: ['get', 'create'] })).toBe(2);
    expect(count({ resource: 'configmaps', name: 'a' })).toBe(2);
    expect(count({ resource: 'configmaps/*', group: 'apps' })).toBe(0);
    expect(count({ since: cluster.now })).toBe(2);
    expect(count({ until: cluster.now })).toBe(1);
    expect(count({ code: 4 })).toBe(2);
    expect(count({ code: 404 })).toBe(1);
    expect(count({ decision: 'forbid' })).toBe(1);
  });

  test('is bounded: the oldest make room, and a marker stands in their place', () => {
    const limit = 20_000;
    const cluster = new Harness({ actors: [], settings: { limits: { auditBytes: limit } } as object });
    cluster.cluster.setLimits({ auditBytes: limit });
    for (let index = 0; index < 300; index += 1) {
      cluster.expect(201, 'POST', MAPS, { body: { metadata: { name: `m-${index}` } } });
    }
    const [row] = cluster.sql.all('SELECT sum(bytes) AS bytes FROM audit');
    expect(Number(row?.['bytes'])).toBeLessThanOrEqual(limit * 1.1);
    expect(Number(row?.['bytes'])).toBeGreaterThan(limit * 0.8);
    const page = cluster.cluster.audit.page({ limit: 1000 });
    const marker = page.events.at(-1);
    const kept = page.events.length - 1;
    expect(page.gap?.events).toBe(300 - kept);
    expect(marker?.annotations).toEqual({
      'audit.kubicle.dev/gap': 'true',
      'audit.kubicle.dev/dropped-events': String(300 - kept),
    });
    expect(page.events[0]?.objectRef?.name).toBe('m-299');
    expect(events(cluster, { verbs: ['create'], limit: 1000 })).toHaveLength(kept);
  });

  test('writes are in it with their turn; reads cost no row until something is written', () => {
    const cluster = new Harness({ actors: [] });
    const rows = (): number => Number(cluster.sql.all('SELECT count(*) AS n FROM audit')[0]?.['n']);
    for (let index = 0; index < 50; index += 1) cluster.request('GET', MAPS);
    expect([rows(), cluster.end().unsaved]).toEqual([0, true]);
    cluster.request('POST', MAPS, { body: { metadata: { name: 'a' } } });
    expect([rows(), cluster.end().unsaved]).toEqual([1, false]);
    cluster.evict();
    expect(events(cluster)).toHaveLength(51);
    cluster.request('GET', MAPS);
    cluster.cluster.flush();
    cluster.evict();
    expect(events(cluster)).toHaveLength(52);
  });
});

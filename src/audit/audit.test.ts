import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

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

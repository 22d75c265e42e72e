import { describe, expect, it } from 'vitest';
import { Harness, type HarnessOptions } from '../../test/support/harness.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import type { SqlPort } from '../ports.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string) => ({ metadata: { name }, data: { text: 'x'.repeat(100) } });

/** A cluster, and how many transactions a piece of work opens in its database. */
const open = (options: HarnessOptions = {}) => {
  const sql = openNodeSql();
  let opened = 0;
  const counting: SqlPort = {
    ...sql,
    transaction: (work) => {
      opened += 1;
      return sql.transaction(work);
    },
  };
  const cluster = new Harness({ settings: { nodes: [] }, actors: [], sql: counting, ...options });
  const transactions = (work: () => unknown): number => {
    const before = opened;
    work();
    return opened - before;
  };
  return { cluster, transactions };
};

describe('a turn in which nothing is due', () => {
  it('opens no transaction for what only reads', () => {
    const { cluster, transactions } = open();
    cluster.expect(201, 'POST', MAPS, { body: map('a') });
    for (const url of [`${MAPS}/a`, MAPS, `${MAPS}/none`, '/version', '/metrics', '/nowhere']) {
      expect(
        transactions(() => cluster.request('GET', url)),
        url,
      ).toBe(0);
    }
    expect(transactions(() => cluster.watch(`${MAPS}?watch=true`))).toBe(0);
  });

  it('opens one where calls may leave the cluster no more than where they may not', () => {
    const { cluster, transactions } = open({ outside: () => ({ failure: 'no' }) });
    expect(transactions(() => cluster.expect(200, 'GET', MAPS))).toBe(0);
  });

  it('opens one for a write, and none to find that no history is old enough to go', () => {
    const { cluster, transactions } = open();
    // The turn's: the write's own is an attempt inside it.
    expect(transactions(() => cluster.expect(201, 'POST', MAPS, { body: map('a') }))).toBe(1);
  });

  it('is at its own instant', () => {
    const { cluster } = open();
    cluster.pass(60_000);
    cluster.expect(200, 'GET', MAPS);
    const [read] = cluster.cluster.audit.page({ limit: 1 }).events;
    expect(Date.parse(read?.requestReceivedTimestamp ?? '')).toBe(cluster.now);
  });

  it('puts the records of many reads into a row, each of them once', () => {
    const { cluster, transactions } = open();
    const before = cluster.cluster.audit.page({ verbs: ['list'], limit: 1000 }).events.length;
    let reads = 1;
    while (transactions(() => cluster.expect(200, 'GET', MAPS)) === 0 && reads < 1000) reads += 1;
    expect(reads).toBeGreaterThan(50);
    expect(cluster.end().unsaved).toBe(false);
    const kept = cluster.cluster.audit.page({ verbs: ['list'], limit: 1000 }).events;
    expect(kept).toHaveLength(before + reads);
    expect(new Set(kept.map(({ auditID }) => auditID))).toHaveLength(kept.length);
  });
});

describe('a turn in which something is due', () => {
  const replicas = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
      },
    },
  };

  it('does it before it reads', () => {
    const cluster = new Harness();
    cluster.settle();
    cluster.expect(201, 'POST', '/apis/apps/v1/namespaces/default/replicasets', { body: replicas });
    cluster.pass(60_000);
    expect(cluster.list('/api/v1/namespaces/default/pods')).toHaveLength(2);
  });

  it('goes on with a catch-up that is under way', () => {
    const { cluster } = open();
    cluster.cluster.advance(cluster.now + 3_600_000, cluster.now);
    cluster.expect(200, 'GET', MAPS);
    expect(cluster.cluster.clock(cluster.now).now).toBe(cluster.now + 3_600_000);
  });
});

it('what an older release left is brought up to date by a read', () => {
  const { cluster } = open();
  const sql = openNodeSql();
  const old = new Harness({ settings: { nodes: [] }, actors: [], sql });
  sql.run("UPDATE meta SET value = 'older' WHERE name = 'rbac.policy'");
  sql.run("DELETE FROM head WHERE key LIKE '%clusterroles//view'");
  old.evict();
  const view = '/apis/rbac.authorization.k8s.io/v1/clusterroles/view';
  expect(old.get(view)).toMatchObject({ rules: (cluster.get(view) as unknown as { rules: unknown }).rules });
});

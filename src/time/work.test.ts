import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 5,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
};

/** Instants (ms after the request) at which the pods of a Deployment were made. */
const instants = (latency: 'instant' | 'fast'): readonly number[] => {
  const cluster = new Harness({ settings: { latency } });
  const start = cluster.now;
  cluster.expect(201, 'POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment });
  cluster.advance(1_000);
  return cluster.sql
    .all<{ at: number }>("SELECT at FROM revision WHERE op = 0 AND key LIKE '/pods/default/%' ORDER BY rev")
    .map(({ at }) => at - start);
};

test('pods are made in batches of 1, 2, 4... each as long as a request takes', () => {
  const [first = 0, ...rest] = instants('fast');
  expect(rest.map((at) => at - first)).toEqual([7, 7, 14, 14]);
});

test('in an instant cluster they are made at once', () => {
  expect(new Set(instants('instant')).size).toBe(1);
});

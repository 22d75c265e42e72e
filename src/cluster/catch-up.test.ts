import { expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick' },
  spec: {
    schedule: '* * * * *',
    jobTemplate: {
      spec: {
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['true'] }] },
        },
      },
    },
  },
};

const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const CRON = '/apis/batch/v1/namespaces/default/cronjobs';
const HOUR = 3_600_000;

interface Job {
  readonly metadata: { readonly name: string };
}

const reasons = (cluster: Harness): readonly string[] =>
  cluster.list<{ reason: string }>('/api/v1/namespaces/default/events').map(({ reason }) => reason);

it('replays a sleep in full while it is affordable', () => {
  const cluster = new Harness();
  cluster.expect(201, 'POST', CRON, { body: cronJob });
  cluster.pass(HOUR + 5_000);
  const newest = cluster.list<Job>(JOBS).at(-1)?.metadata.name;
  const minute = Math.floor(cluster.now / 60_000);
  expect(newest).toBe(`tick-${minute}`);
  expect(reasons(cluster)).not.toContain('CatchUpSkipped');
});

it('skips the rest of a sleep that would cost too much, says so, and goes on in the present', () => {
  const cluster = new Harness({ catchUpBudget: 2_000 });
  cluster.expect(201, 'POST', CRON, { body: cronJob });
  cluster.pass(30 * 24 * HOUR);
  const jobs = cluster.list<Job>(JOBS);
  expect(jobs.length).toBeLessThan(10);
  expect(reasons(cluster)).toContain('CatchUpSkipped');
  cluster.advance(60_000);
  cluster.settle(5_000);
  const minute = Math.floor(cluster.now / 60_000);
  expect(cluster.list<Job>(JOBS).map(({ metadata }) => metadata.name)).toContain(`tick-${minute}`);
});

/** Jobs and CronJobs of the documentation. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

const PI = `
apiVersion: batch/v1
kind: Job
metadata: {name: pi}
spec:
  template:
    spec:
      containers:
      - {name: pi, image: "perl:5.34.0", command: [perl, "-Mbignum=bpi", -wle, "print bpi(2000)"]}
      restartPolicy: Never
  backoffLimit: 4
`;

const FAILING = `
apiVersion: batch/v1
kind: Job
metadata: {name: failing}
spec:
  backoffLimit: 3
  template:
    spec:
      containers: [{name: c, image: busybox, command: [sh, -c, "echo trying; exit 1"]}]
      restartPolicy: Never
`;

const tick = (policy: string, command: string) => `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "*/1 * * * *"
  concurrencyPolicy: ${policy}
  successfulJobsHistoryLimit: 2
  failedJobsHistoryLimit: 1
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - {name: c, image: "busybox:1.28", command: [/bin/sh, -c, "${command}"]}
          restartPolicy: Never
`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast' });
  // Time only moves by `advance`, and a minute is never half a second away.
  await stage.pauseClock(true);
  await stage.advance(80 - new Date(await stage.now()).getUTCSeconds());
});

describe('a Job', () => {
  it('computes pi', async () => {
    const { k } = stage;
    expect(await stage.apply(PI)).toBe('job.batch/pi created\n');
    await stage.advance(60);
    await k.ok('wait', '--for=condition=complete', 'job/pi', '--timeout=20s');
    expect(await k.ok('get', 'job', 'pi')).toMatch(/pi +Complete +1\/1 +\d+s +/);
    expect(await k.ok('describe', 'job', 'pi')).toMatch(
      /Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed/,
    );
    expect(await k.ok('logs', 'jobs/pi')).toMatch(/^3\.14159265358979323846/);
    expect((await k.ok('logs', 'jobs/pi')).trim()).toHaveLength(2001);
  });

  it('that fails is tried again after 10, 20 and 40 seconds, then given up', async () => {
    const { k } = stage;
    await stage.apply(FAILING);
    await stage.advance(200);
    expect(await k.ok('get', 'job', 'failing')).toMatch(/failing +Failed +0\/1 /);
    const starts = (await stage.column('.metadata.creationTimestamp', 'pods', '-l', 'job-name=failing'))
      .map((text) => Date.parse(text) / 1000)
      .sort((a, b) => a - b);
    expect(starts).toHaveLength(4);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    for (const [index, expected] of [10, 20, 40].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(expected);
      expect(gaps[index]).toBeLessThanOrEqual(expected + 3);
    }
    expect(await k.ok('describe', 'job', 'failing')).toMatch(
      /Warning +BackoffLimitExceeded +\S+ +job-controller +Job has reached the specified backoff limit/,
    );
    expect(await k.ok('logs', 'job/failing')).toBe('trying\n');
  });
});

describe('a CronJob', () => {
  const jobs = () => stage.column('.metadata.name', 'jobs', '-l', '!never', '--sort-by=.metadata.name');

  it('fires once a minute and keeps its history short, over ten minutes', async () => {
    const { k } = stage;
    await k.ok('delete', 'job', '--all');
    await stage.apply(tick('Forbid', 'date; echo Hello from the Kubernetes cluster'));
    const seen = new Set<string>();
    for (let minute = 0; minute < 10; minute += 1) {
      await stage.advance(60);
      for (const name of await jobs()) seen.add(name);
    }
    // Names carry the scheduled minute: ten in a row.
    const minutes = [...seen].map((name) => Number(name.replace('tick-', ''))).sort((a, b) => a - b);
    expect(minutes).toHaveLength(10);
    expect((minutes.at(-1) ?? 0) - (minutes[0] ?? 0)).toBe(9);
    expect(await jobs()).toHaveLength(2);
    expect(await k.ok('get', 'cronjob', 'tick')).toMatch(/tick +\*\/1 \* \* \* \* +<none> +False +0 +\d+s /);
    const [newest = ''] = (await jobs()).slice(-1);
    expect(await k.ok('logs', `job/${newest}`)).toMatch(
      /^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d UTC \d{4}\nHello from the Kubernetes cluster\n$/,
    );
  });

  it('with Forbid skips a firing while the job before still runs', async () => {
    const { k } = stage;
    await k.ok('delete', 'cronjob', 'tick');
    await stage.advance(10);
    expect(await jobs()).toEqual([]);
    await stage.apply(tick('Forbid', 'sleep 150'));
    const active: number[] = [];
    for (let half = 0; half < 20; half += 1) {
      await stage.advance(30);
      active.push((await stage.column('.status.active', 'jobs')).filter((count) => count === '1').length);
    }
    expect(Math.max(...active)).toBe(1);
    const names = (await jobs()).map((name) => Number(name.replace('tick-', '')));
    expect(names.slice(1).every((minute, index) => minute - (names[index] ?? 0) >= 2)).toBe(true);
    expect(await k.ok('get', 'events', '--field-selector', 'involvedObject.name=tick')).toContain(
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
  });

  it('is suspended, run by hand, and resumed', async () => {
    const { k } = stage;
    await k.ok('patch', 'cronjob', 'tick', '-p', '{"spec":{"suspend":true}}');
    await stage.advance(300);
    const before = await jobs();
    await stage.advance(180);
    expect(await jobs()).toEqual(before);
    expect(await k.ok('create', 'job', 'by-hand', '--from=cronjob/tick')).toBe('job.batch/by-hand created\n');
    await stage.advance(180);
    expect(await k.ok('get', 'job', 'by-hand')).toMatch(/by-hand +Complete +1\/1 /);
    expect(await k.ok('get', 'job', 'by-hand', '-o', 'jsonpath={.metadata.annotations}')).toBe(
      '{"cronjob.kubernetes.io/instantiate":"manual"}',
    );
  });
});

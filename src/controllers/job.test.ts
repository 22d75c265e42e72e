import { describe, expect, it } from 'vitest';
import { admin, Harness } from '../../test/support/harness.ts';
import type { Job, Pod } from '../kinds/generated/types.ts';
import { jobController } from './job.ts';

const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

/** A cluster in which only the Job controller runs: pods are what the test says. */
const made = (spec: object, name = 'work'): Harness => {
  const harness = new Harness({
    settings: { latency: 'fast', nodes: [] },
    actors: [{ controller: jobController, latencyMs: 4 }],
  });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  harness.request('POST', '/api/v1/namespaces/default/serviceaccounts', { body: account });
  harness.expect(201, 'POST', JOBS, {
    body: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
        ...spec,
      },
    },
  });
  harness.advance(100);
  return harness;
};

const job = (harness: Harness, name = 'work'): Job => harness.get<Job>(`${JOBS}/${name}`);
const pods = (harness: Harness): readonly Pod[] => harness.get<{ items: Pod[] }>(PODS).items;

const report = (harness: Harness, pod: Pod | undefined, status: object): void =>
  void harness.expect(200, 'PATCH', `${PODS}/${pod?.metadata.name}/status`, {
    body: { status },
    headers: MERGE,
    as: admin,
  });

const change = (harness: Harness, body: object): void =>
  void harness.expect(200, 'PATCH', `${JOBS}/work`, { body, headers: MERGE });

const ended = (harness: Harness, exitCode: number) => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  containerStatuses: [
    {
      name: 'main',
      image: 'busybox',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: {
        terminated: { exitCode, finishedAt: new Date(harness.now).toISOString().replace(/\.\d+/, '') },
      },
    },
  ],
});

describe('a Job', () => {
  it('does not call an index failed whose pod it removed itself', () => {
    const harness = made({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 0,
    });
    for (const pod of pods(harness)) report(harness, pod, { phase: 'Running' });
    harness.advance(2_000);
    change(harness, { spec: { suspend: true } });
    harness.advance(3_000);
    expect(job(harness).status).toMatchObject({ failedIndexes: '', terminating: 0 });
    expect(job(harness).status?.conditions?.map(({ type }) => type)).toEqual(['Suspended']);
  });

  it('counts restarts of init containers, which change nothing else of a pod', () => {
    const harness = made({
      backoffLimit: 2,
      template: {
        spec: {
          restartPolicy: 'OnFailure',
          initContainers: [{ name: 'first', image: 'busybox' }],
          containers: [{ name: 'main', image: 'busybox' }],
        },
      },
    });
    const [pod] = pods(harness);
    const restarted = (restartCount: number) => ({
      phase: 'Pending',
      initContainerStatuses: [{ name: 'first', image: 'busybox', imageID: '', ready: false, restartCount }],
    });
    report(harness, pod, restarted(1));
    harness.advance(5_000);
    expect(job(harness).status?.conditions).toBeUndefined();
    report(harness, pod, restarted(2));
    harness.advance(5_000);
    expect(job(harness).status?.conditions?.[0]).toMatchObject({
      type: 'FailureTarget',
      reason: 'BackoffLimitExceeded',
    });
  });

  it('backs off for failures whose pods are gone', () => {
    const harness = made({});
    report(harness, pods(harness)[0], ended(harness, 1));
    harness.advance(2_000);
    harness.expect(200, 'DELETE', `${PODS}/${pods(harness)[0]?.metadata.name}`);
    harness.advance(9_000);
    const [second] = pods(harness);
    expect(second?.status?.phase).toBe('Pending');
    report(harness, second, ended(harness, 1));
    harness.advance(2_000);
    harness.expect(200, 'DELETE', `${PODS}/${second?.metadata.name}`);
    harness.advance(15_000);
    expect(pods(harness)).toEqual([]);
    harness.advance(4_000);
    expect(pods(harness).length).toBe(1);
  });

  it('starts at once after a success that came later than the failures', () => {
    const harness = made({ completions: 3, parallelism: 2 });
    const [one, other] = pods(harness);
    report(harness, one, ended(harness, 1));
    harness.advance(1_000);
    report(harness, other, ended(harness, 0));
    harness.advance(1_500);
    expect(pods(harness).length).toBe(4);
  });

  it('counts no failure of a pod whose index is past the end', () => {
    const harness = made({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimit: 0 });
    change(harness, { spec: { completions: 1, parallelism: 1 } });
    report(harness, pods(harness)[1], ended(harness, 1));
    harness.advance(5_000);
    expect(job(harness).status?.failed).toBeUndefined();
    expect(job(harness).status?.conditions).toBeUndefined();
  });

  it('keeps the index in the names of pods when its own name is long', () => {
    const name = 'a'.repeat(61);
    const harness = made({ completionMode: 'Indexed', completions: 1, parallelism: 1 }, name);
    expect(pods(harness)[0]?.metadata.generateName).toBe(`${'a'.repeat(55)}-0-`);
    expect(pods(harness)[0]?.metadata.name).toMatch(/^a{55}-0-[a-z0-9]{5}$/);
  });
});

import { describe, expect, it } from 'vitest';
import type { CoreRequest } from '../src/api/contract.ts';
import { anonymous } from '../src/auth/identity.ts';
import { Gate } from './gate.ts';

const request = (method: string, path = '/api/v1/namespaces/default/configmaps'): CoreRequest => ({
  method,
  path,
  query: '',
  headers: {},
  body: new Uint8Array(),
  identity: anonymous,
});

const makeGate = () => {
  const cluster = { work: 0, bytes: 0, history: 0, now: 0 };
  const gate = new Gate({
    work: () => cluster.work,
    storageBytes: () => cluster.bytes + cluster.history,
    relieve: () => {
      cluster.history = Math.max(0, cluster.history - 10);
      return cluster.history > 0;
    },
    clock: () => cluster.now,
  });
  return { gate, cluster };
};

const codes = (gate: Gate, times: number, now: number, isWatch = false, watches = 0) =>
  Array.from({ length: times }, () => gate.refuse(request('GET'), isWatch, watches, now)?.status.code ?? 200);

describe('the gate before a cluster', () => {
  it('lets everything through while there are no limits', () => {
    const { gate, cluster } = makeGate();
    cluster.work = 1e9;
    gate.charge(undefined, 0);
    expect(new Set(codes(gate, 10_000, 0))).toEqual(new Set([200]));
  });

  it('refuses what exceeds burst and rate, in upstream’s form, and says when to come again', () => {
    const { gate } = makeGate();
    gate.limit({ requestsPerSecond: 2, requestBurst: 3 }, 0);
    expect(codes(gate, 4, 0)).toEqual([200, 200, 200, 429]);
    const refusal = gate.refuse(request('GET'), false, 0, 0);
    expect(refusal?.status).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
      code: 429,
    });
    expect(refusal?.headers).toEqual({ 'Retry-After': '1' });
    expect(codes(gate, 3, 1000)).toEqual([200, 200, 429]);
    expect(gate.counts).toEqual({ served: 5, refused: 3 });
  });

  it('allows as many watches as the plan and no more', () => {
    const { gate } = makeGate();
    gate.limit({ watches: 2 }, 0);
    expect(codes(gate, 1, 0, true, 1)).toEqual([200]);
    expect(codes(gate, 1, 0, true, 2)).toEqual([429]);
    expect(codes(gate, 1, 0, false, 2)).toEqual([200]);
  });

  it('makes work wait until the minute has paid for it', () => {
    const { gate, cluster } = makeGate();
    gate.limit({ workPerMinute: 60 }, 0);
    cluster.work = 50 * 70;
    gate.meter(0);
    expect(gate.rest(0)).toBe(10_000);
    expect(gate.refuse(request('GET'), false, 0, 0)?.status.details?.retryAfterSeconds).toBe(10);
    expect(gate.rest(10_000)).toBe(0);
    expect(codes(gate, 1, 10_000)).toEqual([200]);
  });

  it('charges time, where a clock tells, instead of counts that are less', () => {
    const { gate, cluster } = makeGate();
    gate.limit({ workPerMinute: 6000 }, 0);
    gate.timed(() => {
      cluster.now += 900;
      cluster.work += 50;
    });
    gate.meter(0);
    expect(gate.rest(0)).toBe(30_000);
    gate.meter(0);
    expect(gate.rest(0)).toBe(30_000);
  });

  it('charges large answers', () => {
    const { gate } = makeGate();
    gate.limit({ workPerMinute: 60 }, 0);
    const answer = { kind: 'response', status: 200, headers: {}, body: 'x'.repeat(64 * 1024 * 65) } as const;
    gate.charge(answer, 0);
    expect(gate.rest(0)).toBe(6000);
  });

  it('shortens history before it refuses to grow, and still reads and deletes', () => {
    const { gate, cluster } = makeGate();
    gate.limit({ storageBytes: 100 }, 0);
    cluster.bytes = 90;
    cluster.history = 50;
    expect(gate.refuse(request('POST'), false, 0, 0)).toBeUndefined();
    expect(cluster.history).toBe(10);
    cluster.bytes = 101;
    const refusal = gate.refuse(request('PATCH'), false, 0, 2000);
    expect(refusal?.status).toMatchObject({ code: 429, details: { retryAfterSeconds: 10 } });
    expect(gate.refuse(request('GET'), false, 0, 2000)).toBeUndefined();
    expect(gate.refuse(request('DELETE'), false, 0, 2000)).toBeUndefined();
    const review = request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews');
    expect(gate.refuse(review, false, 0, 2000)).toBeUndefined();
  });
});

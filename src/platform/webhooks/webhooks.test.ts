import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { courierName, emit } from './emit.ts';
import { WEBHOOK_EVENT_TYPES, wants } from './events.ts';
import { nextAttemptAt, RETRY_WAITS } from './retry.ts';
import { signDelivery } from './signature.ts';

describe('what a webhook is told', () => {
  it.each([
    [['*'], 'cluster.created', true],
    [['cluster.*'], 'cluster.created', true],
    [['cluster.*'], 'environment.created', false],
    [['cluster.created'], 'cluster.created', true],
    [['cluster.created'], 'cluster.deleted', false],
    [['cluster.created'], 'ping', true],
  ] as const)('%j of %s: %s', (wanted, type, told) => expect(wants(wanted, type)).toBe(told));

  it('has names of one form', () => {
    for (const type of WEBHOOK_EVENT_TYPES) expect(type).toMatch(/^(?:cluster|environment)\.[a-z]+$/);
  });
});

describe('signatures', () => {
  it('are what a receiver computes with any library', async () => {
    const body = '{"id":"evt1","data":"é"}';
    const header = await signDelivery(['new', 'old'], body, 1_795_251_600_999);
    const of = (secret: string) => createHmac('sha256', secret).update(`1795251600.${body}`).digest('hex');
    expect(header).toBe(`t=1795251600,v1=${of('new')},v1=${of('old')}`);
  });
});

describe('retries', () => {
  it('wait longer and longer, a little apart, and end', () => {
    expect(RETRY_WAITS).toEqual(RETRY_WAITS.toSorted((a, b) => a - b));
    expect(nextAttemptAt(1, 1000, 0)).toBe(6000);
    expect(nextAttemptAt(1, 1000, 0.999)).toBe(6499);
    expect(nextAttemptAt(RETRY_WAITS.length, 0, 0)).toBe(10 * 3_600_000);
    expect(nextAttemptAt(RETRY_WAITS.length + 1, 0, 0)).toBeUndefined();
  });
});

describe('telling', () => {
  it("goes to the organisation's courier, or to the account's", () => {
    expect(courierName({ accountId: 'acc1', organisationId: null })).toBe('acc1');
    expect(courierName({ accountId: 'acc1', organisationId: 'org1' })).toBe('org1');
  });

  it('fails nothing that has been done', async () => {
    const courier = () => {
      throw new Error('no courier today');
    };
    const owner = { accountId: 'acc1', organisationId: null };
    await expect(emit({ courier }, owner, 'cluster.created', {})).resolves.toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { limitsOfPlan } from '../platform/limits.ts';
import { Throttle } from './throttle.ts';

const make = (plan: 'free' | 'unlimited' = 'free') => {
  const asked: string[] = [];
  const throttle = new Throttle(async (accountId) => {
    asked.push(accountId);
    return limitsOfPlan(plan);
  });
  return { throttle, asked };
};

describe('requests of an account', () => {
  it('pass up to the burst, then at the rate', async () => {
    const { throttle, asked } = make();
    const waits = [];
    for (let count = 0; count < 401; count += 1) waits.push(await throttle.account('a', 0));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(400);
    expect(waits.at(-1)).toBe(10);
    expect(await throttle.account('a', 10)).toBe(0);
    expect(await throttle.account('b', 10)).toBe(0);
    expect(asked).toEqual(['a', 'b']);
  });

  it('are counted together when they come together', async () => {
    const { throttle } = make();
    const waits = await Promise.all(Array.from({ length: 500 }, () => throttle.account('a', 0)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(400);
  });

  it('are not counted without a limit', async () => {
    const { throttle } = make('unlimited');
    await throttle.account('a', 0);
    for (let count = 0; count < 5000; count += 1) expect(throttle.account('a', 0)).toBe(0);
  });

  it('follow a plan that changed', async () => {
    const { throttle, asked } = make();
    await throttle.account('a', 0);
    throttle.forget('a');
    await throttle.account('a', 1);
    await throttle.account('a', 60_002);
    expect(asked).toEqual(['a', 'a', 'a']);
  });
});

it('spares a cluster that refused, for a moment', () => {
  const { throttle } = make();
  expect(throttle.blocked('c', 0)).toBe(0);
  throttle.block('c', 0);
  expect(throttle.blocked('c', 150)).toBe(50);
  expect(throttle.blocked('d', 150)).toBe(0);
  expect(throttle.blocked('c', 200)).toBe(0);
});

describe('strangers', () => {
  it('may guess ten passwords for an address, whatever its case, then one in six seconds', () => {
    const { throttle } = make();
    for (let count = 0; count < 10; count += 1) {
      throttle.requireGuess('A@example.com', 0);
      throttle.missedGuess('a@EXAMPLE.com', 0);
    }
    expect(() => throttle.requireGuess('a@example.com', 0)).toThrow('too many requests; wait 6 s');
    expect(() => throttle.requireGuess('b@example.com', 0)).not.toThrow();
    expect(() => throttle.requireGuess('a@example.com', 5999)).toThrow('too many requests');
    expect(() => throttle.requireGuess('a@example.com', 6000)).not.toThrow();
  });

  it('are counted by the address the platform names, if it names one', () => {
    const { throttle } = make();
    for (let count = 0; count < 30; count += 1) throttle.requireStranger('192.0.2.1', 0);
    expect(() => throttle.requireStranger('192.0.2.1', 0)).toThrow('too many requests');
    expect(() => throttle.requireStranger('192.0.2.2', 0)).not.toThrow();
    for (let count = 0; count < 100; count += 1) throttle.requireStranger(null, 0);
  });
});

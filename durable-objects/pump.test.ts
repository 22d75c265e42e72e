import { describe, expect, it } from 'vitest';
import { Pump, type PumpState } from './pump.ts';

const idle: PumpState = { nextDue: undefined, unfinished: false, observed: false, outsideDue: undefined };

/** A pump with its clock, timer and alarm in hand. */
const makeBench = () => {
  const log: string[] = [];
  let now = 1_000_000;
  let timer: { work: () => void; at: number } | undefined;
  const pump = new Pump(
    {
      now: () => now,
      later: (work, delayMs) => {
        timer = { work, at: now + delayMs };
        log.push(`timer +${delayMs}`);
        return () => {
          timer = undefined;
        };
      },
      setAlarm: (at) => log.push(`alarm +${at - now}`),
    },
    () => log.push('tick'),
  );
  return {
    arm: (state: Partial<PumpState>) => pump.arm({ ...idle, ...state }),
    rang: () => pump.rang(),
    at: (offset: number) => now + offset,
    pass: (ms: number) => {
      now += ms;
      if (timer === undefined || timer.at > now) return;
      const { work } = timer;
      timer = undefined;
      work();
    },
    take: () => log.splice(0),
  };
};

describe('pump', () => {
  it('sets nothing while nobody looks', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(50) });
    bench.arm({ nextDue: bench.at(50), unfinished: true });
    expect(bench.take()).toEqual([]);
  });

  it('pumps near work by a timer with an alarm behind it', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(100), observed: true });
    expect(bench.take()).toEqual(['timer +100', 'alarm +5000']);
    bench.pass(100);
    expect(bench.take()).toEqual(['tick']);
  });

  it('writes the alarm once for a whole cascade', () => {
    const bench = makeBench();
    for (let step = 0; step < 5; step += 1) {
      bench.arm({ nextDue: bench.at(30), observed: true });
      bench.pass(30);
    }
    expect(bench.take().filter((entry) => entry.startsWith('alarm'))).toHaveLength(1);
  });

  it('coalesces steps that follow at once', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(1), observed: true });
    bench.arm({ nextDue: bench.at(3), observed: true });
    expect(bench.take()).toEqual(['timer +20', 'alarm +5000']);
  });

  it('leaves distant work to the alarm alone, and moves it only earlier', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(60_000), observed: true });
    bench.arm({ nextDue: bench.at(90_000), observed: true });
    bench.arm({ nextDue: bench.at(30_000), observed: true });
    expect(bench.take()).toEqual(['alarm +60000', 'alarm +30000']);
  });

  it('arms again after a firing', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(2000), observed: true });
    bench.pass(2000);
    bench.rang();
    bench.arm({ nextDue: bench.at(4000), observed: true });
    expect(bench.take()).toEqual(['alarm +2000', 'alarm +4000']);
  });

  it('goes on at once when a turn ended unfinished', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(-10), unfinished: true, observed: true });
    expect(bench.take()[0]).toBe('timer +0');
  });

  it('wakes an unobserved cluster for what has an effect outside', () => {
    const bench = makeBench();
    bench.arm({ nextDue: bench.at(10), outsideDue: bench.at(3_600_000) });
    expect(bench.take()).toEqual(['alarm +3600000']);
  });
});

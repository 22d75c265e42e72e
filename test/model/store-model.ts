/**
 * Random client programs run against the store and the reference side by side. A program is a list of steps;
 * a transaction is a step with steps inside. Every read is compared, and at the end every row.
 */

import { stableJson } from '../../src/machinery/deep.ts';
import { MISSES } from '../../src/store/refs.ts';
import type { Store, StoreOptions } from '../../src/store/store.ts';
import { openStore } from '../../src/store/store.ts';
import { type FaultySql, InjectedFault, withFaults } from '../support/faults.ts';
import { openNodeSql } from '../support/node-sql.ts';
import { compareReads, compareRows, expectEqual, lookAt } from './comparison.ts';
import { ACTOR_ORDER, ACTORS, type Expect, type Fault, KEYS, LABELS, type Step } from './programs.ts';
import { type Due, makeObject, modelCodec, Reference } from './reference.ts';
import { checkWatcher, Watcher } from './watch-guarantees.ts';

/** How a run is set up; `wrap` lets a test put a broken store in the place of the real one. */
export interface Setup {
  readonly options: StoreOptions;
  /** Indexes are held in memory from the start. */
  readonly warm?: boolean;
  readonly wrap?: (store: Store, sql: FaultySql) => Store;
}

class Refusal extends Error {}

class Run {
  readonly #setup: Setup;
  readonly #sql: FaultySql = withFaults(openNodeSql());
  readonly #model = new Reference(ACTOR_ORDER);
  readonly #watchers = ['', '/pods/', '/pods/a/', 'rbac/clusterroles/'].map((prefix) => new Watcher(prefix));
  #store: Store;
  #clock = 0;
  #depth = 0;
  /** Attempts around the step: nothing is compacted in them. */
  #attempts = 0;
  /** A fault struck in the innermost open transaction, and nobody minded. */
  #struck = false;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#store = this.#open();
  }

  steps(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#step(step);
      if (this.#struck) return;
    }
  }

  finish(): void {
    this.#everything();
    this.#store = this.#open();
    this.#everything();
    for (const watcher of this.#watchers) {
      do watcher.drain(this.#store, undefined, undefined);
      while ((watcher.sessions.at(-1)?.cursor ?? 0) < this.#store.revision());
      checkWatcher(watcher, this.#model);
    }
  }

  #everything(): void {
    compareReads(this.#store, this.#model);
    compareRows(this.#sql, this.#model);
  }

  #open(): Store {
    const store = openStore(this.#sql, modelCodec, {
      actorOrder: ACTOR_ORDER,
      indexVersion: '1',
      ...this.#setup.options,
    });
    // From some questions on an index is held whole.
    for (let times = 0; times <= (this.#setup.warm === true ? MISSES : 0); times += 1) {
      for (const index of ['label', 'initial']) store.lookup(index, `nobody-${times}`);
    }
    return this.#setup.wrap?.(store, this.#sql) ?? store;
  }

  #step(step: Step): void {
    this.#clock += 1;
    switch (step.do) {
      case 'put':
        this.#put(step);
        break;
      case 'remove':
        this.#remove(step);
        break;
      case 'wake':
        this.#wake(step);
        break;
      case 'drop': {
        const [actor, key] = [ACTORS[step.actor] ?? '', `k${step.key}`];
        expectEqual('drop', this.#store.wakeups.drop(actor, key), this.#model.drop(actor, key));
        break;
      }
      case 'take': {
        const due = this.#model
          .agenda()
          .filter((wakeup) => wakeup.dueAt <= step.until)
          .slice(0, step.limit);
        for (const { actor, key } of due) this.#model.drop(actor, key);
        expectEqual('take', this.#store.wakeups.takeDue(step.until, step.limit), due);
        break;
      }
      case 'meta': {
        const name = `m${step.name}`;
        if (step.value === undefined) this.#store.meta.delete(name);
        else this.#store.meta.set(name, step.value);
        this.#model.setMeta(name, step.value);
        break;
      }
      case 'compact':
        if (this.#attempts === 0) this.#compact(step);
        break;
      case 'reopen':
        if (this.#depth === 0) this.#store = this.#open();
        return;
      case 'drain':
        if (this.#depth === 0) this.#watchers[step.watcher]?.drain(this.#store, step.limit, step.maxBytes);
        return;
      case 'look':
        lookAt(this.#store, this.#model, step.look);
        break;
      case 'transaction':
        this.#transaction(step);
        break;
      default:
        step satisfies never;
    }
  }

  #put(step: Step & { do: 'put' }): void {
    const key = KEYS[step.key] ?? '';
    const object = makeObject(key, step.content, LABELS[step.label]);
    const current = this.#model.live(key)?.revision;
    const [expected, refusal] = this.#expectation(step.expect, current, true);
    const done = this.#attempt(step.fault, refusal, () =>
      this.#store.put(key, object, this.#clock, expected),
    );
    if (done === undefined) return;
    this.#model.put(key, object, this.#clock);
    expectEqual('put', stableJson(done.object), this.#model.live(key)?.text);
    expectEqual('put revision', done.revision, this.#model.revision);
  }

  #remove(step: Step & { do: 'remove' }): void {
    const key = KEYS[step.key] ?? '';
    const lastState = step.changed ? makeObject(key, 'last words', undefined) : undefined;
    const current = this.#model.live(key)?.revision;
    const expect = step.expect === 'absent' ? 'none' : step.expect;
    const [expected, refusal] = this.#expectation(expect, current, false);
    const number = expected === 'absent' ? undefined : expected;
    const done = this.#attempt(step.fault, refusal, () =>
      this.#store.remove(key, lastState, this.#clock, number),
    );
    if (done === undefined) return;
    this.#model.remove(key, lastState, this.#clock);
    expectEqual('remove', stableJson(done.object), this.#model.writes.at(-1)?.text);
  }

  /** What to pass as the expected revision, and the name of the failure that must follow, if any. */
  #expectation(
    expect: Expect,
    current: number | undefined,
    upsert: boolean,
  ): [number | 'absent' | undefined, string | undefined] {
    switch (expect) {
      case 'none':
        return [undefined, current === undefined && !upsert ? 'MissingError' : undefined];
      case 'absent':
        return ['absent', current === undefined ? undefined : 'ExistsError'];
      case 'current':
        return [current ?? 1, current === undefined ? 'MissingError' : undefined];
      case 'stale':
        return [(current ?? 1) + 1, current === undefined ? 'MissingError' : 'StaleError'];
    }
  }

  /**
   * Runs one write, perhaps with a fault on the way. The result is `undefined` when it was refused, as it had
   * to be, or when the fault struck: then nothing may have happened. Inside a transaction the failure is
   * swallowed, and the transaction tries to commit at once: it must refuse, unless nothing was written.
   */
  #attempt<Result>(
    fault: Fault | undefined,
    refusal: string | undefined,
    work: () => Result,
  ): Result | undefined {
    if (fault?.kind === 'statement') this.#sql.failStatement(fault.countdown);
    if (fault?.kind === 'commit' && this.#depth === 0) this.#sql.failCommit();
    let failure: unknown;
    let result: Result | undefined;
    try {
      result = work();
    } catch (error) {
      failure = error;
    }
    this.#sql.disarm();
    if (failure === undefined) {
      expectEqual('refusal', undefined, refusal);
      return result;
    }
    if (failure instanceof InjectedFault) {
      this.#struck = this.#depth > 0;
      return undefined;
    }
    expectEqual('refusal', failure instanceof Error ? failure.name : failure, refusal);
    return undefined;
  }

  #wake(step: Step & { do: 'wake' }): void {
    const [actor, key] = [ACTORS[step.actor] ?? '', `k${step.key}`];
    const current: Due | undefined = this.#model.due.get(`${actor} ${key}`);
    if (step.soonest) {
      this.#store.wakeups.putSoonest(actor, key, step.dueAt);
      if (current !== undefined && current.dueAt <= step.dueAt) return;
      this.#model.putDue({ actor, key, dueAt: step.dueAt, attempts: current?.attempts ?? 0 });
    } else {
      this.#store.wakeups.put(actor, key, step.dueAt, step.attempts);
      this.#model.putDue({ actor, key, dueAt: step.dueAt, attempts: step.attempts });
    }
  }

  #compact(step: Step & { do: 'compact' }): void {
    const before = this.#model.floor;
    const done = this.#attempt(step.fault, undefined, () => this.#store.compact(this.#clock, step.budget));
    if (done === undefined) return;
    const { keepMs = 0, keepWrites = 0 } = this.#setup.options;
    const passed = this.#model.writes.slice(before, done.floor);
    expectEqual('the floor never falls', done.floor >= before, true);
    expectEqual(
      'the newest writes stay',
      done.floor <= Math.max(before, this.#model.revision - Math.max(1, keepWrites)),
      true,
    );
    expectEqual(
      'young writes stay',
      passed.every((write) => write.at <= this.#clock - keepMs),
      true,
    );
    expectEqual('the budget holds', done.removed <= step.budget, true);
    this.#model.floor = done.floor;
  }

  #transaction(step: Step & { do: 'transaction' }): void {
    const restore = this.#model.save();
    const isAttempt = step.light === true && this.#depth > 0;
    if (isAttempt) this.#attempts += 1;
    this.#depth += 1;
    try {
      this.#store[step.light === true ? 'attempt' : 'transaction'](() => {
        this.steps(step.steps);
        if (step.fails) throw new Refusal();
      });
    } catch (error) {
      // A fault that struck half-way through a write, and was swallowed, makes the transaction fail later.
      const halfWay = error instanceof Error && error.message.startsWith('a write failed half-way');
      if (!(error instanceof Refusal) && !halfWay) throw error;
      restore();
    } finally {
      this.#struck = false;
      this.#depth -= 1;
      if (isAttempt) this.#attempts -= 1;
    }
  }
}

/** Runs a program; throws where store and reference differ, or a watcher was promised something else. */
export const runProgram = (program: readonly Step[], setup: Setup): void => {
  const run = new Run(setup);
  run.steps(program);
  run.finish();
};

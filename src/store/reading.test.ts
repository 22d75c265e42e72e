import { expect, test } from 'vitest';
import { makeObject, modelCodec } from '../../test/model/reference.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import type { SqlPort } from '../ports.ts';
import { openStore, type Store } from './store.ts';

const KEY = '/pods/default/a';
const object = (content = 'x') => makeObject(KEY, content, undefined);

/** A store, and how many transactions it opened. */
const open = (cacheBytes?: number): { readonly store: Store; readonly opened: () => number } => {
  const sql = openNodeSql();
  let transactions = 0;
  const counting: SqlPort = {
    ...sql,
    transaction: (work) => {
      transactions += 1;
      return sql.transaction(work);
    },
  };
  const store = openStore(counting, modelCodec, cacheBytes === undefined ? {} : { cacheBytes });
  store.put(KEY, object(), 1);
  const before = transactions;
  return { store, opened: () => transactions - before };
};

test('work that reads gives its result without a transaction, also where it asks for one', () => {
  const { store, opened } = open();
  expect(store.reading(() => store.transaction(() => store.get(KEY)?.revision))).toEqual({ result: 1 });
  expect(opened()).toBe(0);
});

test('a result that is nothing is a result', () => {
  const { store } = open();
  expect(store.reading(() => undefined)).toEqual({ result: undefined });
});

test.each([
  ['a write', (store: Store) => store.put(KEY, object('y'), 2)],
  ['a delete', (store: Store) => store.remove(KEY, undefined, 2)],
  ['a wake-up', (store: Store) => store.wakeups.put('x', 'y', 3)],
  ['a fact', (store: Store) => store.meta.set('seed', 's')],
  ['compaction', (store: Store) => store.compact(1e9, 100, true)],
  [
    'audit records that are to be kept',
    (store: Store) => {
      store.audit.add({ a: 1 }, 10);
      store.audit.flush(1e6);
    },
  ],
  ['a write in a transaction', (store: Store) => store.transaction(() => store.put(KEY, object('y'), 2))],
] as const)('%s is not done but asked for, whoever catches what it throws', (_what, write) => {
  for (const cacheBytes of [undefined, 0]) {
    const { store } = open(cacheBytes);
    // Enough history for a floor that would move.
    for (let at = 2; at < 300; at += 1) store.put(KEY, object(`${at}`), at);
    const [revision, floor, facts] = [store.revision(), store.floor(), store.meta.all()];
    expect(store.reading(() => write(store))).toBeUndefined();
    const caught = () => {
      try {
        return write(store);
      } catch {
        return 'caught';
      }
    };
    expect(store.reading(caught)).toBeUndefined();
    expect([store.revision(), store.floor(), store.meta.all()]).toEqual([revision, floor, facts]);
    expect(store.wakeups.count()).toBe(0);
    // What follows is as if nothing had been tried.
    store.transaction(() => store.put(KEY, object('z'), 1000));
    expect(store.get(KEY)?.revision).toBe(revision + 1);
  }
});

test('other failures are thrown, and writes go on after them', () => {
  const { store } = open();
  const work = () => {
    throw new RangeError('no');
  };
  expect(() => store.reading(work)).toThrow(RangeError);
  expect(store.put(KEY, object('y'), 2).revision).toBe(2);
});

test('inside of a transaction nothing changes: what is written is written', () => {
  const { store } = open();
  const done = store.transaction(() => store.reading(() => store.put(KEY, object('y'), 2).revision));
  expect(done).toEqual({ result: 2 });
});

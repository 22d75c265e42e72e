import { describe, expect, test } from 'vitest';
import { makeObject, modelCodec } from '../../test/model/reference.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import type { SqlPort } from '../ports.ts';
import { openStore, type Store, type StoreOptions } from './store.ts';

const pod = (name: string): string => `/pods/default/${name}`;
const object = (name: string, content = 'x', label?: string) => makeObject(pod(name), content, label);

const open = (options: StoreOptions = {}): { readonly sql: SqlPort; readonly store: Store } => {
  const sql = openNodeSql();
  return { sql, store: openStore(sql, modelCodec, options) };
};

/** Rows that a piece of work inserts, changes or deletes: what the platform bills, less index entries. */
const rowsWritten = (sql: SqlPort, work: () => void): number => {
  const total = (): number => Number(sql.all('SELECT total_changes() AS n')[0]?.['n']);
  const before = total();
  work();
  return total() - before;
};

describe.each([
  ['caches on', {}],
  ['caches off', { cacheBytes: 0 }],
] as const)('with %s', (_name, options) => {
  test('a fresh store is at revision 0, and the first write is revision 1', () => {
    const { store } = open(options);
    expect(store.revision()).toBe(0);
    expect(store.floor()).toBe(0);
    const stored = store.put(pod('a'), object('a'), 5);
    expect(stored.revision).toBe(1);
    expect(stored.object.metadata.resourceVersion).toBe('1');
    expect(JSON.parse(stored.text).metadata.resourceVersion).toBe('1');
    expect(store.revision()).toBe(1);
  });

  test('a put leaves the top of what it is given alone and freezes the rest', () => {
    const { store } = open(options);
    const given = object('a');
    const stored = store.put(pod('a'), given, 5);
    expect(given.metadata.resourceVersion).toBeUndefined();
    expect(Object.isFrozen(given)).toBe(false);
    expect(Object.isFrozen(stored.object.metadata)).toBe(true);
    expect(stored.object).not.toBe(given);
  });

  test.each([
    ['absent, but it lives', 'a', 'absent', 'ExistsError'],
    ['a revision, but it does not live', 'b', 1, 'MissingError'],
    ['an older revision', 'a', 1, 'StaleError'],
  ] as const)('a put that expects %s is refused', (_why, name, expected, refusal) => {
    const { store } = open(options);
    store.put(pod('a'), object('a'), 1);
    store.put(pod('a'), object('a', 'y'), 2);
    expect(() => store.put(pod(name), object(name), 3, expected)).toThrow(
      expect.objectContaining({ name: refusal }),
    );
    expect(store.revision()).toBe(2);
  });

  test('an object over 1.5 MiB is refused by its bytes, not its characters', () => {
    const { store } = open(options);
    const limit = 1.5 * 1024 * 1024;
    expect(() => store.put(pod('a'), object('a', 'x'.repeat(limit)), 1)).toThrow(
      expect.objectContaining({ name: 'TooLargeError', limit }),
    );
    expect(() => store.put(pod('a'), object('a', '語'.repeat(limit / 3)), 1)).toThrow(
      expect.objectContaining({ name: 'TooLargeError' }),
    );
    expect(store.put(pod('a'), object('a', '語'.repeat(limit / 3 - 100)), 1).revision).toBe(1);
  });

  test('a tombstone carries the last state at the revision of the delete', () => {
    const { store } = open(options);
    store.put(pod('a'), object('a', 'alive'), 1);
    store.remove(pod('a'), undefined, 2);
    expect(store.get(pod('a'))).toBeUndefined();
    const [change] = store.changes(1);
    expect(change).toMatchObject({ op: 'delete', revision: 2, at: 2 });
    expect(change?.object).toMatchObject({ metadata: { resourceVersion: '2' }, data: { content: 'alive' } });
    expect(change?.previous).toMatchObject({ metadata: { resourceVersion: '1' } });
  });

  test('changes by size: at least one, then until the texts are enough', () => {
    const { store } = open(options);
    for (let i = 0; i < 5; i += 1) store.put(pod(`p${i}`), object(`p${i}`, 'x'.repeat(1000)), i);
    expect(store.changes(0, { maxBytes: 0 })).toHaveLength(1);
    expect(store.changes(0, { maxBytes: 1500 })).toHaveLength(2);
    expect(store.changes(0, { maxBytes: 1_000_000 })).toHaveLength(5);
  });

  test('pages at a past revision add up to the list at that revision', () => {
    const { store } = open(options);
    for (let i = 0; i < 10; i += 1) store.put(pod(`p${i}`), object(`p${i}`), i);
    const at = store.revision();
    const whole = store.scan('/pods/').map((stored) => stored.text);
    const pages: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = store.scan('/pods/', { at, limit: 3, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      pages.push(...page.map((stored) => stored.text));
      after = page.at(-1)?.key ?? '';
      store.remove(pod(`p${pages.length - 1}`), undefined, 20);
      store.put(pod(`new${pages.length}`), object(`new${pages.length}`), 21);
      expect(pages.length + store.count('/pods/', { at, after })).toBe(10);
    }
    expect(pages).toEqual(whole);
  });

  test('a key that is not well-formed Unicode finds nothing and cannot be written', () => {
    const { store } = open(options);
    store.put(pod('\ufffd'), object('\ufffd'), 1);
    expect(store.get(pod('\ud800'))).toBeUndefined();
    expect(() => store.put(pod('\ud800'), object('a'), 1)).toThrow('well-formed');
  });

  test('changed index declarations are written anew, once', () => {
    const { sql } = open(options);
    const first = openStore(
      sql,
      { ...modelCodec, indexes: () => [['old', 'x']] },
      { ...options, indexVersion: '1' },
    );
    for (let i = 0; i < 450; i += 1) first.put(pod(`p${i}`), object(`p${i}`, 'x', 'red'), i);
    expect(first.lookup('old', 'x')).toHaveLength(450);
    const second = openStore(sql, modelCodec, { ...options, indexVersion: '2' });
    expect(second.lookup('old', 'x')).toEqual([]);
    expect(second.lookup('label', 'red')).toHaveLength(450);
    expect(rowsWritten(sql, () => openStore(sql, modelCodec, { ...options, indexVersion: '2' }))).toBe(0);
  });
});

test('an attempt that fails leaves the transaction around it whole, and may not compact', () => {
  const { sql, store } = open();
  store.transaction(() => {
    store.put(pod('a'), object('a', 'kept', 'rose'), 1);
    const failing = () => {
      store.put(pod('a'), object('a', 'lost', 'red'), 2);
      store.remove(pod('a'), undefined, 2);
      store.meta.set('lost', 'x');
      throw new Error('no');
    };
    expect(() => store.attempt(failing)).toThrow('no');
    expect(() => store.attempt(() => store.transaction(() => store.compact(1e9, 10)))).toThrow('compaction');
  });
  expect(store.scan('/pods/').map((stored) => stored.object)).toMatchObject([{ data: { content: 'kept' } }]);
  expect(sql.all('SELECT rev, create_rev FROM head')).toEqual([{ rev: 1, create_rev: 1 }]);
  expect(sql.all('SELECT value FROM ref')).toEqual([{ value: 'r' }, { value: 'rose' }]);
  expect(sql.all('SELECT rev FROM revision')).toEqual([{ rev: 1 }]);
  expect(store.meta.get('lost')).toBeUndefined();
});

describe('rows written', () => {
  test.each([
    ['a create', 2, (store: Store) => store.put(pod('b'), object('b'), 2)],
    ['a create with two index entries', 4, (store: Store) => store.put(pod('b'), object('b', 'x', 'red'), 2)],
    [
      'an update that keeps its index entries',
      2,
      (store: Store) => store.put(pod('a'), object('a', 'y', 'red'), 2),
    ],
    [
      'an update that changes one index entry',
      4,
      (store: Store) => store.put(pod('a'), object('a', 'y', 'rose'), 2),
    ],
    ['a delete', 4, (store: Store) => store.remove(pod('a'), undefined, 2)],
    ['a wake-up', 1, (store: Store) => store.wakeups.put('x', 'y', 3)],
    ['the same wake-up again', 0, (store: Store) => store.wakeups.put('x', 'z', 3)],
    ['a later soonest wake-up', 0, (store: Store) => store.wakeups.putSoonest('x', 'z', 4)],
    ['a fact that is known already', 0, (store: Store) => store.meta.set('seed', 's')],
    ['compaction with nothing to do', 0, (store: Store) => store.compact(1e9, 1000)],
    [
      'a refused write',
      0,
      (store: Store) => expect(() => store.put(pod('a'), object('a'), 2, 'absent')).toThrow(),
    ],
  ] as const)('%s writes %i', (_what, rows, work) => {
    const { sql, store } = open();
    store.put(pod('a'), object('a', 'x', 'red'), 1);
    store.wakeups.put('x', 'z', 3);
    store.meta.set('seed', 's');
    expect(rowsWritten(sql, () => work(store))).toBe(rows);
  });
});

describe('compaction', () => {
  const filled = (options: StoreOptions): ReturnType<typeof open> => {
    const made = open(options);
    made.store.transaction(() => {
      for (let i = 1; i <= 3000; i += 1) made.store.put(pod(`p${i % 10}`), object(`p${i % 10}`), i * 1000);
    });
    return made;
  };

  test('keeps the last five minutes and the last 1000 writes', () => {
    const { store } = filled({});
    expect(store.compact(2_000_000, 1e6).floor).toBe(1700);
    expect(store.compact(1e9, 1e6).floor).toBe(2000);
    expect(store.compact(1e9, 1e6)).toEqual({ floor: 2000, removed: 0, more: false });
    expect(store.count('/pods/', { at: 2000 })).toBe(10);
    expect(() => store.count('/pods/', { at: 1999 })).toThrow(
      expect.objectContaining({ name: 'CompactedError' }),
    );
    expect(store.changes(2000)[0]?.previous).toMatchObject({ metadata: { resourceVersion: '1991' } });
  });

  test('the instant it may begin at is forgotten with the writes it was about', () => {
    const { store } = open();
    for (let i = 1; i <= 50; i += 1) store.put(pod('a'), object('a', `${i}`), 0);
    const write = (at: number) => {
      for (let i = 0; i < 1200; i += 1) store.put(pod('a'), object('a', `${at} ${i}`), at);
      // Found out in this transaction: when the hundredth write was made.
      expect(store.compact(at, 1e6).floor).toBe(0);
    };
    const failing = () => {
      write(1_000_000);
      throw new Error('no');
    };
    expect(() => store.transaction(failing)).toThrow('no');
    write(2000);
    expect(store.compact(2000 + 5 * 60_000 - 1, 1e6).floor).toBe(0);
    expect(store.compact(2000 + 5 * 60_000, 1e6).floor).toBe(250);
  });

  test('a budget bounds the rows of a turn, and says when there is more', () => {
    const { store } = filled({});
    expect(store.compact(1e9, 300)).toEqual({ floor: 150, removed: 140, more: true });
    expect(store.compact(1e9, 1)).toEqual({ floor: 150, removed: 0, more: true });
    expect(store.compact(1e9, 300)).toEqual({ floor: 300, removed: 150, more: true });
  });
});

test('a revision read in the future is refused by name', () => {
  const { store } = open();
  expect(() => store.get(pod('a'), 1)).toThrow(expect.objectContaining({ name: 'FutureError', current: 0 }));
  expect(store.changes(7)).toEqual([]);
});

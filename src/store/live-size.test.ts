import { expect, test } from 'vitest';
import { makeObject, modelCodec } from '../../test/model/reference.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import { utf8Length } from '../machinery/deep.ts';
import { openStore, type Store } from './store.ts';

const pod = (name: string): string => `/pods/default/${name}`;

const open = (): Store => openStore(openNodeSql(), modelCodec);

const put = (store: Store, name: string, content: string) =>
  store.put(pod(name), makeObject(pod(name), content, undefined), 1);

const sizesByScan = (store: Store) => {
  const all = store.scan('');
  return { objects: all.length, bytes: all.reduce((sum, { text }) => sum + utf8Length(text), 0) };
};

const sizes = ({ size }: Store) => ({ objects: size.objects(), bytes: size.bytes() });

test('what was counted once is kept up through creates, updates and deletes', () => {
  const store = open();
  put(store, 'a', 'x');
  expect(sizes(store)).toEqual(sizesByScan(store));
  put(store, 'b', 'ünïcödé 𝄞 日本語');
  put(store, 'a', 'y'.repeat(5000));
  expect(sizes(store)).toEqual(sizesByScan(store));
  store.remove(pod('b'), undefined, 2);
  put(store, 'a', 'z');
  expect(sizes(store)).toEqual(sizesByScan(store));
  expect(store.size.objects()).toBe(1);
});

test.each([
  ['counted before the transaction', true],
  ['counted inside it', false],
])('a rollback takes the counts back: %s', (_when, early) => {
  const store = open();
  put(store, 'a', 'x');
  if (early) store.size.bytes();
  if (early) store.size.objects();
  expect(() =>
    store.transaction(() => {
      put(store, 'b', 'x'.repeat(100_000));
      store.size.isBelow(1);
      sizes(store);
      store.remove(pod('a'), undefined, 2);
      throw new Error('undo');
    }),
  ).toThrow('undo');
  expect(sizes(store)).toEqual(sizesByScan(store));
});

test('the bound says below only when it is so', () => {
  const store = open();
  expect(store.size.isBelow(10 * 1024 * 1024)).toBe(true);
  for (let index = 0; index < 12; index += 1) put(store, `big-${index}`, 'x'.repeat(1024 * 1024));
  expect(store.size.isBelow(10 * 1024 * 1024)).toBe(false);
  expect(store.size.isBelow(100 * 1024 * 1024)).toBe(true);
  for (let index = 0; index < 12; index += 1) store.remove(pod(`big-${index}`), undefined, 2);
  store.size.bytes();
  expect(store.size.isBelow(1024)).toBe(true);
});

test('history under pressure goes, however young it is; what is live stays', () => {
  const store = open();
  for (let count = 0; count < 300; count += 1) put(store, 'a', `${count}`);
  expect(store.compact(1, 1000).removed).toBe(0);
  expect(store.compact(1, 1000, true).removed).toBe(199);
  expect(store.floor()).toBe(200);
  expect(store.get(pod('a'))?.revision).toBe(300);
});

test('work grows with what is read and written', () => {
  const store = open();
  const before = store.work();
  put(store, 'a', 'x');
  const written = store.work() - before;
  expect(written).toBeGreaterThanOrEqual(50);
  store.scan('');
  expect(store.work() - before - written).toBe(1);
});

/// <reference types="@cloudflare/vitest-plugin/types" />
/** The sql port, and the store on it, over the platform's own storage. */

import { env, runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { makeSqlPort } from '../../durable-objects/sql-adapter.ts';
import type { SqlPort } from '../../src/ports.ts';
import { openStore } from '../../src/store/store.ts';
import { sqlContract, type WithPort } from '../contract/sql.ts';

const { SQL_OBJECT } = env as unknown as { readonly SQL_OBJECT: DurableObjectNamespace };

/** Each body gets an object of its own. */
const withPort: WithPort = (body) =>
  runInDurableObject(SQL_OBJECT.get(SQL_OBJECT.newUniqueId()), (_object, state) =>
    body(makeSqlPort(state.storage)),
  );

sqlContract('durable object storage', withPort);

const codec = {
  encode: (_key: string, object: object) => JSON.stringify(object),
  decode: (_key: string, text: string) => JSON.parse(text),
  indexes: () => [],
};

test('the store works the same there: writes, a rollback, the past, compaction, reopening', () =>
  withPort((sql: SqlPort) => {
    const options = { keepMs: 0, keepWrites: 5, compactStep: 1 };
    const store = openStore(sql, codec, options);
    const object = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });
    for (let i = 0; i < 10; i += 1) store.put(`/pods/a/p${i % 4}`, object(`p${i % 4}`), i);
    expect(() =>
      store.transaction(() => {
        store.put('/pods/a/lost', object('lost'), 20);
        store.remove('/pods/a/p0', undefined, 20);
        throw new Error('no');
      }),
    ).toThrow('no');
    store.remove('/pods/a/p1', undefined, 21);
    expect(store.compact(100, 1000)).toMatchObject({ floor: 6, more: false });
    for (const opened of [
      store,
      openStore(sql, codec, options),
      openStore(sql, codec, { ...options, cacheBytes: 0 }),
    ]) {
      expect(opened.revision()).toBe(11);
      expect(opened.scan('/pods/').map((stored) => stored.revision)).toEqual([9, 7, 8]);
      expect(opened.scan('/pods/', { at: 6 }).map((stored) => stored.revision)).toEqual([5, 6, 3, 4]);
      expect(opened.changes(6).map((change) => change.op)).toEqual([
        'update',
        'update',
        'update',
        'update',
        'delete',
      ]);
      expect(opened.changes(10)[0]?.previous?.metadata.resourceVersion).toBe('10');
    }
  }));

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SqlPort } from '../../src/ports.ts';
import { sqlContract } from '../contract/sql.ts';
import { openNodeSql } from './node-sql.ts';

const inFolder = (body: (path: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'sql-'));
  try {
    body(join(folder, 'cluster.sqlite'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

sqlContract('node:sqlite in memory', (body) => {
  const sql = openNodeSql();
  body(sql);
  sql.close();
});

sqlContract('node:sqlite in a file', (body) =>
  inFolder((path) => {
    const sql = openNodeSql(path);
    body(sql);
    sql.close();
  }),
);

test('a file keeps what was committed, and only that, when it is opened again', () =>
  inFolder((path) => {
    const first = openNodeSql(path);
    first.run('CREATE TABLE item (name TEXT)');
    first.transaction(() => first.run("INSERT INTO item VALUES ('kept')"));
    expect(() =>
      first.transaction(() => {
        first.run("INSERT INTO item VALUES ('lost')");
        throw new Error('no');
      }),
    ).toThrow('no');
    first.close();
    const second: SqlPort & { close(): void } = openNodeSql(path);
    expect(second.all('SELECT name FROM item')).toEqual([{ name: 'kept' }]);
    second.close();
  }));

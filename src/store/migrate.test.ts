import { expect, test } from 'vitest';
import type { Migration } from '../../migrations/cluster/index.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import { migrate } from './migrate.ts';

const step = (id: string, statement: string, checksum = `sum of ${id}`): Migration => ({
  id,
  checksum,
  apply: (sql) => sql.run(statement),
});

const first = step('0001-first', 'CREATE TABLE first (x INTEGER)');
const second = step('0002-second', 'ALTER TABLE first ADD COLUMN y INTEGER');

test('a fresh database gets every migration, an older one the rest, a current one none', () => {
  const sql = openNodeSql();
  migrate(sql, [first]);
  migrate(sql, [first, second]);
  sql.run('INSERT INTO first (x, y) VALUES (1, 2)');
  migrate(sql, [first, second]);
  expect(sql.all('SELECT id FROM ledger ORDER BY position')).toEqual([
    { id: '0001-first' },
    { id: '0002-second' },
  ]);
});

test.each([
  ['one migration more than is known', [first]],
  ['a migration that was edited since', [first, { ...second, checksum: 'edited' }]],
  ['a migration that was replaced', [first, step('0002-other', 'SELECT 1'), step('0003-third', 'SELECT 1')]],
])('a database with %s is refused and left as it is', (_what, known) => {
  const sql = openNodeSql();
  migrate(sql, [first, second]);
  expect(() => migrate(sql, known)).toThrow(expect.objectContaining({ name: 'NewerFormatError' }));
  expect(sql.all('SELECT count(*) AS n FROM ledger')).toEqual([{ n: 2 }]);
});

test('a migration that fails leaves nothing of itself or of those before it', () => {
  const sql = openNodeSql();
  const failing = step('0002-failing', 'ALTER TABLE nowhere ADD COLUMN y');
  expect(() => migrate(sql, [first, failing])).toThrow();
  expect(sql.all("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([]);
  migrate(sql, [first, second]);
  expect(sql.all('SELECT count(*) AS n FROM ledger')).toEqual([{ n: 2 }]);
});

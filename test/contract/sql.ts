/**
 * What the core expects of a sql port, whatever is behind it. One suite for every driver: `node:sqlite` here,
 * the platform's storage in the runtime tests.
 */

import { describe, expect, test } from 'vitest';
import type { SqlPort } from '../../src/ports.ts';

/** Gives the body a port over an empty database. May be asynchronous: the platform's objects are. */
export type WithPort = (body: (sql: SqlPort) => void) => void | Promise<void>;

class Refusal extends Error {}

const names = (sql: SqlPort): unknown[] =>
  sql.all('SELECT name FROM item ORDER BY name').map((row) => row['name']);

const makeTable = (sql: SqlPort): void =>
  sql.run('CREATE TABLE item (name TEXT PRIMARY KEY, amount INTEGER) STRICT, WITHOUT ROWID');

const add = (sql: SqlPort, name: string, amount = 0): void =>
  sql.run('INSERT INTO item (name, amount) VALUES (?, ?)', name, amount);

/** Runs the work and swallows our own refusal, nothing else. */
const refused = (work: () => void): void => expect(work).toThrow(Refusal);

const values: readonly (readonly [string, string | number | null | Uint8Array])[] = [
  ['an empty text', ''],
  ['a text beyond the basic plane', 'grüße 語 🙂 \u{10ffff}'],
  ['a text with quotes and new lines', `it's "so"\n\r\t\\`],
  ['zero', 0],
  ['a negative integer', -42],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['a fraction', 0.1],
  ['an instant', 1_795_000_000_123],
  ['null', null],
  ['bytes', new Uint8Array([0, 1, 254, 255])],
  ['no bytes', new Uint8Array(0)],
];

const statements = (withPort: WithPort): void => {
  test.each(values)('%s comes back as it was bound', (_name, value) =>
    withPort((sql) => {
      expect(sql.all('SELECT ? AS value', value)).toEqual([{ value }]);
      sql.run('CREATE TABLE loose (value)');
      sql.run('INSERT INTO loose (value) VALUES (?)', value);
      expect(sql.all('SELECT value FROM loose')).toEqual([{ value }]);
    }),
  );

  test('numbers become integers in an integer column, and find rows by them', () =>
    withPort((sql) => {
      sql.run('CREATE TABLE log (rev INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT');
      sql.run('INSERT INTO log (rev, value) VALUES (?, ?)', 7, 'seven');
      expect(sql.all('SELECT typeof(rev) AS type, value FROM log WHERE rev = ?', 7)).toEqual([
        { type: 'integer', value: 'seven' },
      ]);
      expect(sql.all('SELECT rev FROM log WHERE rev > ?', 6.5)).toEqual([{ rev: 7 }]);
    }));

  test('text is ordered by its UTF-8 bytes', () =>
    withPort((sql) => {
      makeTable(sql);
      for (const name of ['b', '\u{1f642}', 'a', '\uffff', 'B', 'a/', 'a0', 'é']) add(sql, name);
      expect(names(sql)).toEqual(['B', 'a', 'a/', 'a0', 'b', 'é', '\uffff', '\u{1f642}']);
    }));

  test('no rows are an empty list', () =>
    withPort((sql) => {
      makeTable(sql);
      expect(sql.all('SELECT name FROM item')).toEqual([]);
    }));

  test('one text may be run with other parameters, again and again', () =>
    withPort((sql) => {
      makeTable(sql);
      for (let i = 0; i < 50; i += 1) add(sql, `n${i}`, i);
      for (let i = 0; i < 50; i += 1) {
        expect(sql.all('SELECT name FROM item WHERE amount = ?', i)).toEqual([{ name: `n${i}` }]);
      }
    }));

  test('a statement that fails throws, changes nothing, and can be used again', () =>
    withPort((sql) => {
      makeTable(sql);
      add(sql, 'a', 1);
      expect(() => add(sql, 'a', 2)).toThrow();
      expect(() => sql.all('SELECT nothing FROM nowhere')).toThrow();
      expect(() => sql.run('INSERT INTO item (name, amount) VALUES (?, ?)', 'b', 'not a number')).toThrow();
      add(sql, 'b', 2);
      expect(sql.all('SELECT name, amount FROM item ORDER BY name')).toEqual([
        { name: 'a', amount: 1 },
        { name: 'b', amount: 2 },
      ]);
    }));

  test('the dialect has what the store uses', () =>
    withPort((sql) => {
      makeTable(sql);
      for (const name of ['a', 'b', 'c', 'd']) add(sql, name, 1);
      sql.run(
        'INSERT INTO item (name, amount) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET amount = excluded.amount',
        'a',
        9,
      );
      expect(sql.all('SELECT max(amount) AS most, name FROM item')).toEqual([{ most: 9, name: 'a' }]);
      expect(
        sql.all(
          'SELECT name FROM item WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name',
          '["c","a"]',
        ),
      ).toEqual([{ name: 'a' }, { name: 'c' }]);
      expect(
        sql.all('DELETE FROM item WHERE name > ?1 AND name > ?1 AND name <= ?2 RETURNING name', 'b', 'c'),
      ).toEqual([{ name: 'c' }]);
      expect(sql.all('SELECT name FROM item ORDER BY name LIMIT ?', -1)).toHaveLength(3);
      expect(sql.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'item'")).toHaveLength(
        1,
      );
    }));

  test('the size is positive and grows with what is stored', () =>
    withPort((sql) => {
      makeTable(sql);
      const before = sql.size();
      expect(before).toBeGreaterThan(0);
      for (let i = 0; i < 100; i += 1) add(sql, `${i}`.padEnd(2000, 'x'));
      expect(sql.size()).toBeGreaterThan(before + 150_000);
    }));
};

const limits = (withPort: WithPort): void => {
  const sum = (count: number): string => `SELECT ${new Array(count).fill('?').join(' + ')} AS sum`;

  test('100 parameters are taken, 101 are refused', () =>
    withPort((sql) => {
      expect(sql.all(sum(100), ...new Array(100).fill(1))).toEqual([{ sum: 100 }]);
      expect(() => sql.all(sum(101), ...new Array(101).fill(1))).toThrow();
      expect(() => sql.run(sum(101), ...new Array(101).fill(1))).toThrow();
    }));

  test('the largest object is taken, a value of 2 MB is refused', () =>
    withPort((sql) => {
      makeTable(sql);
      const largest = 'x'.repeat(1.5 * 1024 * 1024);
      add(sql, largest);
      expect(sql.all('SELECT length(name) AS length FROM item')).toEqual([{ length: largest.length }]);
      expect(() => add(sql, 'y'.repeat(2_000_000))).toThrow();
      expect(() => add(sql, '語'.repeat(700_000))).toThrow();
      expect(() => sql.run('INSERT INTO item (name) VALUES (hex(?))', new Uint8Array(2_000_000))).toThrow();
      expect(sql.all('SELECT count(*) AS n FROM item')).toEqual([{ n: 1 }]);
    }));
};

const transactions = (withPort: WithPort): void => {
  test('a transaction returns what its work returns, and keeps what it wrote', () =>
    withPort((sql) => {
      makeTable(sql);
      const result = sql.transaction(() => {
        add(sql, 'a');
        return names(sql);
      });
      expect(result).toEqual(['a']);
      expect(names(sql)).toEqual(['a']);
    }));

  test('a throw takes all of it back, tables too, and comes out as it was thrown', () =>
    withPort((sql) => {
      makeTable(sql);
      add(sql, 'before');
      const refusal = new Refusal();
      let caught: unknown;
      try {
        sql.transaction(() => {
          add(sql, 'a');
          sql.run("UPDATE item SET amount = 5 WHERE name = 'before'");
          sql.run('CREATE TABLE other (x)');
          throw refusal;
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(refusal);
      expect(sql.all('SELECT name, amount FROM item')).toEqual([{ name: 'before', amount: 0 }]);
      expect(() => sql.all('SELECT x FROM other')).toThrow();
    }));

  test('an inner throw loses the inner writes only', () =>
    withPort((sql) => {
      makeTable(sql);
      sql.transaction(() => {
        add(sql, 'a');
        refused(() =>
          sql.transaction(() => {
            add(sql, 'b');
            sql.transaction(() => add(sql, 'c'));
            throw new Refusal();
          }),
        );
        sql.transaction(() => add(sql, 'd'));
        add(sql, 'e');
      });
      expect(names(sql)).toEqual(['a', 'd', 'e']);
    }));

  test('an outer throw loses what inner transactions had kept', () =>
    withPort((sql) => {
      makeTable(sql);
      refused(() =>
        sql.transaction(() => {
          sql.transaction(() => add(sql, 'a'));
          throw new Refusal();
        }),
      );
      expect(names(sql)).toEqual([]);
      sql.transaction(() => add(sql, 'b'));
      expect(names(sql)).toEqual(['b']);
    }));

  test('five levels, each second one failing', () =>
    withPort((sql) => {
      makeTable(sql);
      const level = (depth: number): void => {
        if (depth === 5) return;
        const work = (): void => {
          level(depth + 1);
          add(sql, `level ${depth}`);
          if (depth % 2 === 1) throw new Refusal();
        };
        if (depth % 2 === 1) refused(() => sql.transaction(work));
        else sql.transaction(work);
      };
      level(0);
      expect(names(sql)).toEqual(['level 0']);
    }));

  test('a failed statement does not end the transaction around it', () =>
    withPort((sql) => {
      makeTable(sql);
      sql.transaction(() => {
        add(sql, 'a');
        expect(() => add(sql, 'a')).toThrow();
        add(sql, 'b');
      });
      expect(names(sql)).toEqual(['a', 'b']);
    }));

  test('a statement that failed inside a lost transaction works in the next one', () =>
    withPort((sql) => {
      makeTable(sql);
      expect(() =>
        sql.transaction(() => {
          add(sql, 'a');
          add(sql, 'a');
        }),
      ).toThrow();
      sql.transaction(() => add(sql, 'a'));
      expect(names(sql)).toEqual(['a']);
    }));
};

/** Declares the suite for one driver. */
export const sqlContract = (name: string, withPort: WithPort): void => {
  describe(`sql port over ${name}`, () => {
    describe('statements', () => statements(withPort));
    describe('limits', () => limits(withPort));
    describe('transactions', () => transactions(withPort));
  });
};

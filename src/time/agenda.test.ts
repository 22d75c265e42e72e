import { describe, expect, it } from 'vitest';
import { Agenda, type WakeupRow, type WakeupTable } from './agenda.ts';

const makeTable = (rows: WakeupRow[] = []) => {
  const writes: string[] = [];
  const find = (actor: string, key: string) =>
    rows.findIndex((row) => row.actor === actor && row.key === key);
  const put = (actor: string, key: string, dueAt: number, attempts: number) => {
    const index = find(actor, key);
    if (index >= 0) rows.splice(index, 1);
    rows.push({ actor, key, dueAt, attempts });
    writes.push(`put ${actor} ${key} ${dueAt}`);
  };
  const table: WakeupTable = {
    due: (until) => rows.filter((row) => row.dueAt <= until),
    put,
    putSoonest: (actor, key, dueAt) => {
      const row = rows[find(actor, key)];
      if (row === undefined || row.dueAt > dueAt) put(actor, key, dueAt, row?.attempts ?? 0);
    },
    drop: (actor, key) => {
      const index = find(actor, key);
      if (index >= 0) rows.splice(index, 1);
      writes.push(`drop ${actor} ${key}`);
    },
    next: () => (rows.length === 0 ? undefined : Math.min(...rows.map((row) => row.dueAt))),
  };
  return { table, rows, writes };
};

const takeAll = (agenda: Agenda, until: number) => {
  const taken: string[] = [];
  for (let work = agenda.take(until); work !== undefined; work = agenda.take(until)) {
    taken.push(`${work.dueAt} ${work.actor} ${work.key}`);
  }
  return taken;
};

describe('agenda', () => {
  it('hands out work by due instant, then controller order, then key', () => {
    const { table } = makeTable([
      { actor: 'b', key: 'x', dueAt: 5, attempts: 0 },
      { actor: 'a', key: 'z', dueAt: 5, attempts: 0 },
    ]);
    const agenda = new Agenda(table, ['a', 'b']);
    agenda.open(10);
    agenda.soonest(1, 'w', 5);
    agenda.soonest(1, 'early', 1);
    expect(takeAll(agenda, 10)).toEqual(['1 1 early', '5 0 z', '5 1 w', '5 1 x']);
  });

  it('never touches the table for work caused and consumed in one turn, except to drop what may lie there', () => {
    const { table, rows } = makeTable();
    const agenda = new Agenda(table, ['a']);
    agenda.open(10);
    agenda.soonest(0, 'x', 3);
    expect(takeAll(agenda, 10)).toEqual(['3 0 x']);
    agenda.close();
    expect(rows).toEqual([]);
  });

  it('keeps the earlier instant when a key is woken twice', () => {
    const { table, rows } = makeTable();
    const agenda = new Agenda(table, ['a']);
    agenda.open(0);
    agenda.soonest(0, 'x', 9);
    agenda.soonest(0, 'x', 7);
    agenda.soonest(0, 'x', 8);
    agenda.close();
    expect(rows).toEqual([{ actor: 'a', key: 'x', dueAt: 7, attempts: 0 }]);
  });

  it('lets the outcome of a run supersede a later row of the table', () => {
    const { table, rows } = makeTable([{ actor: 'a', key: 'x', dueAt: 100, attempts: 0 }]);
    const agenda = new Agenda(table, ['a']);
    agenda.open(10);
    agenda.soonest(0, 'x', 3);
    agenda.take(10);
    agenda.close();
    expect(rows).toEqual([]);
  });

  it('moves a row of the table earlier, never later, for an event that did not run yet', () => {
    const { table, rows } = makeTable([{ actor: 'a', key: 'x', dueAt: 20, attempts: 2 }]);
    const agenda = new Agenda(table, ['a']);
    agenda.open(10);
    agenda.soonest(0, 'x', 30);
    agenda.close();
    expect(rows).toEqual([{ actor: 'a', key: 'x', dueAt: 20, attempts: 2 }]);
    agenda.open(10);
    agenda.soonest(0, 'x', 15);
    agenda.close();
    expect(rows).toEqual([{ actor: 'a', key: 'x', dueAt: 15, attempts: 2 }]);
  });

  describe('a key that is at work', () => {
    it('is not moved earlier by what changes meanwhile', () => {
      const { table } = makeTable();
      const agenda = new Agenda(table, ['a']);
      agenda.open(100);
      agenda.soonest(0, 'x', 11);
      agenda.hold(0, 'x', 20);
      agenda.soonest(0, 'x', 12);
      expect(takeAll(agenda, 100)).toEqual(['20 0 x']);
    });

    it('is left alone when nothing is due for it, or only later', () => {
      const { table, rows } = makeTable();
      const agenda = new Agenda(table, ['a']);
      agenda.open(0);
      agenda.hold(0, 'idle', 20);
      agenda.soonest(0, 'x', 30);
      agenda.hold(0, 'x', 20);
      agenda.soonest(0, 'x', 25);
      agenda.close();
      expect(rows).toEqual([{ actor: 'a', key: 'x', dueAt: 25, attempts: 0 }]);
    });

    it('stays so over the end of a turn, with its failures', () => {
      const { table, rows } = makeTable();
      const agenda = new Agenda(table, ['a']);
      agenda.open(0);
      agenda.soonest(0, 'x', 0);
      agenda.take(0);
      agenda.replace(0, 'x', 15, 2);
      agenda.hold(0, 'x', 20);
      agenda.close();
      expect(rows).toEqual([{ actor: 'a', key: 'x', dueAt: 20, attempts: -3 }]);
      agenda.open(5);
      agenda.soonest(0, 'x', 6);
      expect(agenda.take(19)).toBeUndefined();
      expect(agenda.take(20)).toEqual({ actor: 0, key: 'x', dueAt: 20, attempts: 2 });
    });
  });

  it('writes nothing for rows that were loaded and left alone', () => {
    const { table, writes } = makeTable([{ actor: 'a', key: 'x', dueAt: 5, attempts: 1 }]);
    const agenda = new Agenda(table, ['a']);
    agenda.open(10);
    agenda.close();
    expect(writes).toEqual([]);
  });

  it('drops rows of actors that no longer exist', () => {
    const { table, rows } = makeTable([{ actor: 'gone', key: 'x', dueAt: 5, attempts: 0 }]);
    const agenda = new Agenda(table, ['a']);
    agenda.open(10);
    expect(rows).toEqual([]);
  });
});

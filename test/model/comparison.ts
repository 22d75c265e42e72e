/** Store and reference side by side: single looks, every read there is, and the rows underneath. */

import { stableJson } from '../../src/machinery/deep.ts';
import type { SqlPort } from '../../src/ports.ts';
import { CompactedError, FutureError } from '../../src/store/failures.ts';
import type { Change, ScanOptions, Stored } from '../../src/store/reader.ts';
import type { Store } from '../../src/store/store.ts';
import { KEYS, LABELS, PREFIXES } from './programs.ts';
import type { Reference, Write } from './reference.ts';

/** One read, with its arguments as positions in the lists of keys, prefixes and labels. */
export interface Look {
  readonly what: 'get' | 'scan' | 'count' | 'lookup' | 'changes' | 'agenda';
  readonly key: number;
  readonly prefix: number;
  readonly label: number;
  readonly after: number | undefined;
  readonly limit: number | undefined;
  /** How many revisions before the newest; `undefined` reads the present. */
  readonly back: number | undefined;
}

/** Throws with both values when they differ as JSON. */
export const expectEqual = (what: string, got: unknown, expected: unknown): void => {
  const [one, other] = [stableJson(got ?? null), stableJson(expected ?? null)];
  if (one !== other) throw new Error(`${what}: got ${one}, expected ${other}`);
};

const deeplyFrozen = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(deeplyFrozen));

const storedAsWrite = (stored: Stored): unknown => {
  if (!deeplyFrozen(stored.object)) throw new Error(`${stored.key}@${stored.revision} is not frozen`);
  const text = stableJson(stored.object);
  expectEqual(
    'text and object',
    { ...JSON.parse(stored.text), apiVersion: 'v1', kind: 'Thing' },
    stored.object,
  );
  return { key: stored.key, revision: stored.revision, text };
};

const writeAsStored = ({ key, revision, text }: Write): unknown => ({ key, revision, text });

const changeAsSeen = (change: Change): unknown => ({
  revision: change.revision,
  key: change.key,
  op: change.op,
  at: change.at,
  text: stableJson(change.object),
  previous: change.previous === undefined ? null : stableJson(change.previous),
});

/** What a read gives, or the name of what it throws. */
const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    if (error instanceof CompactedError || error instanceof FutureError) return error.name;
    throw error;
  }
};

/** Makes one read on both and compares. Reads below the floor and beyond the newest revision are refused. */
export const lookAt = (store: Store, model: Reference, look: Look): unknown => {
  const key = KEYS[look.key] ?? '';
  const prefix = PREFIXES[look.prefix] ?? '';
  const after = look.after === undefined ? undefined : KEYS[look.after];
  const at = look.back === undefined ? undefined : model.revision + 2 - look.back;
  const readable = (): string | undefined => {
    if (at === undefined || at === model.revision) return undefined;
    return at < model.floor ? 'CompactedError' : at > model.revision ? 'FutureError' : undefined;
  };
  const { limit } = look;
  const options: ScanOptions = {
    ...(at === undefined ? {} : { at }),
    ...(after === undefined ? {} : { after }),
  };
  const inRange = (): readonly Write[] =>
    model
      .scan(prefix, at)
      .filter(
        (write) => after === undefined || Buffer.compare(Buffer.from(write.key), Buffer.from(after)) > 0,
      );

  const compare = (got: () => unknown, expected: () => unknown): void =>
    expectEqual(stableJson({ ...look, key, prefix, after, at }), outcome(got), readable() ?? expected());

  switch (look.what) {
    case 'get':
      return compare(
        () => [store.get(key, at)].flatMap((stored) => stored ?? []).map(storedAsWrite),
        () => [model.live(key, at)].flatMap((write) => write ?? []).map(writeAsStored),
      );
    case 'scan':
      return compare(
        () => store.scan(prefix, limit === undefined ? options : { ...options, limit }).map(storedAsWrite),
        () => inRange().slice(0, limit).map(writeAsStored),
      );
    case 'count':
      return compare(
        () => store.count(prefix, options),
        () => inRange().length,
      );
    case 'lookup':
      return expectEqual(
        'lookup',
        store.lookup('label', LABELS[look.label] ?? '').map(storedAsWrite),
        model.lookup('label', LABELS[look.label] ?? '').map(writeAsStored),
      );
    case 'changes':
      return lookAtChanges(store, model, prefix, Math.max(0, at ?? 0), limit);
    case 'agenda':
      return lookAtAgenda(store, model);
  }
};

const lookAtChanges = (
  store: Store,
  model: Reference,
  prefix: string,
  after: number,
  limit: number | undefined,
): void => {
  const expected = model.writes
    .slice(after)
    .filter((write) => write.key.startsWith(prefix))
    .slice(0, limit)
    .map((write) => ({ ...write, previous: model.previous(write)?.text ?? null }));
  expectEqual(
    `changes after ${after}`,
    outcome(() =>
      store.changes(after, { prefix, ...(limit === undefined ? {} : { limit }) }).map(changeAsSeen),
    ),
    after < model.floor ? 'CompactedError' : expected,
  );
};

const lookAtAgenda = (store: Store, model: Reference): void => {
  const agenda = model.agenda();
  expectEqual('due', store.wakeups.due(Number.POSITIVE_INFINITY), agenda);
  expectEqual(
    'due until 10, two',
    store.wakeups.due(10, 2),
    agenda.filter((wakeup) => wakeup.dueAt <= 10).slice(0, 2),
  );
  expectEqual('next', store.wakeups.next(), agenda[0]?.dueAt);
  expectEqual('peek', store.wakeups.peek(), agenda[0]);
  expectEqual('count', store.wakeups.count(), agenda.length);
};

/** Every read of the present, and the past at each revision that can still be read, and just outside. */
export const compareReads = (store: Store, model: Reference): void => {
  expectEqual('revision', store.revision(), model.revision);
  expectEqual('floor', store.floor(), model.floor);
  const look: Look = {
    what: 'get',
    key: 0,
    prefix: 0,
    label: 0,
    after: undefined,
    limit: undefined,
    back: undefined,
  };
  const past = [
    undefined,
    ...Array.from({ length: Math.min(model.revision - model.floor, 20) + 4 }, (_, back) => back),
  ];
  for (const back of past) {
    for (let key = 0; key < KEYS.length; key += 1) lookAt(store, model, { ...look, key, back });
    for (let prefix = 0; prefix < PREFIXES.length; prefix += 1) {
      lookAt(store, model, { ...look, what: 'scan', prefix, back });
      lookAt(store, model, { ...look, what: 'count', prefix, back });
    }
  }
  for (let label = 0; label < LABELS.length; label += 1)
    lookAt(store, model, { ...look, what: 'lookup', label });
  for (const prefix of PREFIXES) lookAtChanges(store, model, prefix, model.floor, undefined);
  lookAtAgenda(store, model);
  const meta = Object.entries(store.meta.all()).filter(([name]) => !name.startsWith('store.'));
  expectEqual('meta', Object.fromEntries(meta), Object.fromEntries(model.meta));
};

/** The tables hold exactly what they must: no row too few, none too many. */
export const compareRows = (sql: SqlPort, model: Reference): void => {
  const column = (statement: string): unknown[] =>
    sql.all(statement).map((row) => Object.values(row).join(' '));
  expectEqual('revision rows', column('SELECT rev FROM revision ORDER BY rev'), model.retained().map(String));
  const live = model.scan('');
  expectEqual(
    'head rows',
    column('SELECT key, rev FROM head ORDER BY key'),
    live.map((write) => `${write.key} ${write.revision}`),
  );
  const refs = live.flatMap((write) => {
    const label: string | undefined = JSON.parse(write.text).metadata.labels?.label;
    return label === undefined
      ? []
      : [`initial ${label.slice(0, 1).toWellFormed()} ${write.key}`, `label ${label} ${write.key}`];
  });
  expectEqual('ref rows', column('SELECT name, value, key FROM ref').sort(), refs.sort());
};

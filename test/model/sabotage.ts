/**
 * Stores that are broken on purpose, one way each. The model must notice every one of them: this is how we
 * know that its silence about the real store means something.
 */

import { CompactedError } from '../../src/store/failures.ts';
import { LogTail } from '../../src/store/log-tail.ts';
import { ObjectCache } from '../../src/store/object-cache.ts';
import type { Change } from '../../src/store/reader.ts';
import { RefTable } from '../../src/store/refs.ts';
import { RevisionLog } from '../../src/store/revision-log.ts';
import type { Store } from '../../src/store/store.ts';
import { UndoLog } from '../../src/store/undo.ts';
import { WakeupTable } from '../../src/store/wakeups.ts';
import type { FaultySql } from '../support/faults.ts';

/** One way to be wrong. `begin` breaks the code for as long as a run lasts and returns what mends it. */
export interface Sabotage {
  readonly begin?: () => () => void;
  readonly wrap?: (store: Store, sql: FaultySql) => Store;
}

/** Puts another function in the place of a method, until the result is called. */
const replaceMethod =
  <Type extends object>(type: Type, name: keyof Type, broken: unknown) =>
  (): (() => void) => {
    const whole = Object.getOwnPropertyDescriptor(type, name) ?? {};
    Object.defineProperty(type, name, { value: broken, configurable: true, writable: true });
    return () => Object.defineProperty(type, name, whole);
  };

const nothing = (): void => undefined;

/** The store with some members replaced. */
const over = (store: Store, members: Partial<Store>): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const replaced: unknown = Reflect.get(members, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const withChanges =
  (edit: (changes: Change[]) => Change[]) =>
  (store: Store): Store =>
    over(store, { changes: (after, options) => edit(store.changes(after, options)) });

const copyOf = (change: Change, edit: Partial<Change>): Change => {
  const { revision, key, op, at, object, text, previous } = change;
  return { revision, key, op, at, object, text, ...(previous === undefined ? {} : { previous }), ...edit };
};

export const sabotages: Readonly<Record<string, Sabotage>> = {
  'memory does not follow a rollback': { begin: replaceMethod(UndoLog.prototype, 'add', nothing) },
  'an attempt that failed leaves its rows': {
    begin: () => {
      const { add } = UndoLog.prototype;
      return replaceMethod(UndoLog.prototype, 'add', function (this: UndoLog, memory: () => void) {
        add.call(this, memory);
      })();
    },
  },
  'the cache prefers a rolled back object to the one that took its revision': {
    begin: () => {
      const { add } = ObjectCache.prototype;
      const mendForget = replaceMethod(ObjectCache.prototype, 'forget', nothing)();
      const mendAdd = replaceMethod(
        ObjectCache.prototype,
        'add',
        function (this: ObjectCache, ...parts: Parameters<typeof add>) {
          return this.find(parts[1]) ?? add.apply(this, parts);
        },
      )();
      return () => {
        mendForget();
        mendAdd();
      };
    },
  },
  'the newest log rows survive a rollback': { begin: replaceMethod(LogTail.prototype, 'truncate', nothing) },
  'a write that failed half-way is committed': {
    begin: replaceMethod(UndoLog.prototype, 'whole', <Result>(work: () => Result): Result => work()),
  },
  'index entries are never changed': { begin: replaceMethod(RefTable.prototype, 'change', nothing) },
  'a key deleted in the past is still found there': {
    begin: replaceMethod(RevisionLog.prototype, 'revisionAt', () => 1),
  },
  'wake-ups due at one instant come by name': {
    begin: () => {
      const { due } = WakeupTable.prototype;
      return replaceMethod(WakeupTable.prototype, 'due', function (this: WakeupTable, until: number) {
        const name = (actor: string): number => actor.charCodeAt(0);
        return [...due.call(this, until)].sort(
          (one, other) => one.dueAt - other.dueAt || name(one.actor) - name(other.actor),
        );
      })();
    },
  },
  'the last change of a batch is lost': { wrap: withChanges((changes) => changes.slice(0, -1)) },
  'changes come newest first': { wrap: withChanges((changes) => changes.reverse()) },
  'a change comes twice': {
    wrap: withChanges((changes) =>
      changes.flatMap((change) => (change.op === 'delete' ? [change, change] : change)),
    ),
  },
  'a delete comes without the previous state': {
    wrap: withChanges((changes) =>
      changes.map((change) => {
        const { previous: _previous, ...rest } = copyOf(change, {});
        return change.op === 'delete' ? rest : change;
      }),
    ),
  },
  'a delete carries the state before it': {
    wrap: withChanges((changes) =>
      changes.map((change) =>
        change.op === 'delete' && change.previous !== undefined
          ? copyOf(change, { object: change.previous })
          : change,
      ),
    ),
  },
  'a watch below the floor goes on with a gap': {
    wrap: (store) =>
      over(store, {
        changes: (after, options) => {
          try {
            return store.changes(after, options);
          } catch (error) {
            if (error instanceof CompactedError) return store.changes(store.floor(), options);
            throw error;
          }
        },
      }),
  },
  'reads at a revision see the present': {
    wrap: (store) => over(store, { get: (key) => store.get(key) }),
  },
  'a page starts with the key it should start after': {
    wrap: (store) =>
      over(store, {
        scan: (prefix, options = {}) =>
          store.scan(
            prefix,
            options.after === undefined ? options : { ...options, after: options.after.slice(0, -1) },
          ),
      }),
  },
  'compaction takes one row too many': {
    wrap: (store, sql) =>
      over(store, {
        compact: (now, budget) => {
          const done = store.compact(now, budget);
          if (done.removed > 0)
            sql.run(
              'DELETE FROM revision WHERE rev = (SELECT min(rev) FROM revision WHERE rev < ?)',
              store.revision(),
            );
          return done;
        },
      }),
  },
  'compaction leaves a row that nobody can read': {
    wrap: (store, sql) =>
      over(store, {
        compact: (now, budget) => {
          const before = store.floor();
          const done = store.compact(now, budget);
          if (done.floor > before) {
            sql.run(
              "INSERT OR IGNORE INTO revision (rev, key, op, at, value) VALUES (?, '/pods/a/x', 2, 0, '{}')",
              before,
            );
          }
          return done;
        },
      }),
  },
};

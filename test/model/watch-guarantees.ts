/**
 * What watchers are promised, each as a named check. A watcher lists at a revision, then follows the log from
 * there at its own pace; when its cursor falls below the floor it lists again, as a client does after 410.
 */

import { stableJson } from '../../src/machinery/deep.ts';
import { CompactedError } from '../../src/store/failures.ts';
import type { Change, Reader, Revision } from '../../src/store/reader.ts';
import type { Reference, Write } from './reference.ts';

/** What one watcher saw between two lists. */
export interface Session {
  /** The revision it listed at. */
  readonly start: Revision;
  /** Keys and texts of that list. */
  readonly listed: ReadonlyMap<string, string>;
  readonly events: Seen[];
  /** Everything up to here was delivered. */
  cursor: Revision;
}

interface Seen {
  readonly revision: Revision;
  readonly key: string;
  readonly op: Change['op'];
  readonly at: number;
  readonly text: string;
  readonly previous: string | undefined;
}

/** A client that lists and watches one prefix. */
export class Watcher {
  readonly prefix: string;
  readonly sessions: Session[] = [];

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Reads on by at most `limit` events; `undefined` reads to the end. */
  drain(reader: Reader, limit: number | undefined, maxBytes: number | undefined): void {
    const session = this.sessions.at(-1) ?? this.#list(reader);
    try {
      const prefix = this.prefix;
      const changes = reader.changes(session.cursor, {
        prefix,
        ...(limit === undefined ? {} : { limit }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
      for (const change of changes) session.events.push(seen(change));
      session.cursor = changes.at(-1)?.revision ?? reader.revision();
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#list(reader);
    }
  }

  #list(reader: Reader): Session {
    const start = reader.revision();
    const listed = new Map(reader.scan(this.prefix).map((stored) => [stored.key, stableJson(stored.object)]));
    const session: Session = { start, listed, events: [], cursor: start };
    this.sessions.push(session);
    return session;
  }
}

const seen = (change: Change): Seen => ({
  revision: change.revision,
  key: change.key,
  op: change.op,
  at: change.at,
  text: stableJson(change.object),
  previous: change.previous === undefined ? undefined : stableJson(change.previous),
});

/** A broken promise: its name, and what was seen instead. */
const broken = (name: string, detail: unknown): Error =>
  new Error(`watch is not ${name}: ${JSON.stringify(detail)}`);

type Guarantee = (session: Session, prefix: string, model: Reference) => void;

const due = (session: Session, prefix: string, model: Reference): readonly Write[] =>
  model.writes.slice(session.start, session.cursor).filter((write) => write.key.startsWith(prefix));

/** Each promise with its definition. All hold for every session, whatever the watcher did. */
export const guarantees: Readonly<Record<string, Guarantee>> = {
  /** Events come in the order of their revisions. */
  ordered: ({ events }) => {
    for (const [at, event] of events.entries()) {
      const before = events[at - 1];
      if (before !== undefined && before.revision > event.revision) throw broken('ordered', [before, event]);
    }
  },
  /** No revision comes twice. */
  unique: ({ events }) => {
    const revisions = events.map((event) => event.revision);
    if (new Set(revisions).size !== revisions.length) throw broken('unique', revisions);
  },
  /** Nothing under the prefix between the list and the cursor is left out, and nothing else is in. */
  complete: (session, prefix, model) => {
    const expected = due(session, prefix, model).map((write) => write.revision);
    const got = session.events.map((event) => event.revision);
    if (expected.join() !== got.join()) throw broken('complete', { expected, got });
  },
  /** One revision is one write of one key: an event carries that write as it was committed, whole. */
  atomic: ({ events }, _prefix, model) => {
    for (const event of events) {
      const write = model.writes[event.revision - 1];
      const { revision, key, op, at, text } = event;
      if (stableJson(write) !== stableJson({ revision, key, op, at, text }))
        throw broken('atomic', { write, event });
    }
  },
  /** An update or delete comes with the state it replaced; a create with none. */
  'right about the previous value': ({ events }, _prefix, model) => {
    for (const event of events) {
      const write = model.writes[event.revision - 1];
      const expected = write === undefined ? undefined : model.previous(write)?.text;
      if (expected !== event.previous) throw broken('right about the previous value', { expected, event });
    }
  },
  /** The list and the events after it add up to the state at the cursor: nothing falls between the two. */
  resumable: (session, prefix, model) => {
    const state = new Map(session.listed);
    for (const event of session.events) {
      if (event.op === 'delete') state.delete(event.key);
      else state.set(event.key, event.text);
    }
    const expected = model.scan(prefix, session.cursor).map((write) => [write.key, write.text]);
    const got = [...state].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    if (stableJson(expected) !== stableJson(got)) throw broken('resumable', { expected, got });
  },
};

/** Checks every promise for all that a watcher saw. Throws with the name of the first broken one. */
export const checkWatcher = (watcher: Watcher, model: Reference): void => {
  for (const session of watcher.sessions) {
    for (const guarantee of Object.values(guarantees)) guarantee(session, watcher.prefix, model);
  }
};

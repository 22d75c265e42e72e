/**
 * The store as one could explain it on a page: a list of writes and two small maps, copied whole when a
 * transaction begins and put back when it fails. Everything else is computed from the list.
 */

import { stableJson } from '../../src/machinery/deep.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { ChangeOp, ObjectCodec, Revision } from '../../src/store/reader.ts';

/** One write: `text` is the stable JSON of the whole object, stamped. */
export interface Write {
  readonly revision: Revision;
  readonly key: string;
  readonly op: ChangeOp;
  readonly at: number;
  readonly text: string;
}

export interface Due {
  readonly actor: string;
  readonly key: string;
  readonly dueAt: number;
  readonly attempts: number;
}

/** A ConfigMap-like object; `label` is its index entry, if any. */
export const makeObject = (key: string, content: string, label: string | undefined): KubeObject => {
  const [, , namespace, name] = key.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(label ? { labels: { label } } : {}),
    },
    data: { content },
  } as KubeObject;
};

const indexesOf = (object: KubeObject): readonly (readonly [string, string])[] => {
  const label = object.metadata.labels?.['label'];
  // Twice the same on purpose: kinds may say a thing twice, the index must not mind.
  return label === undefined
    ? []
    : [
        ['label', label],
        ['label', label],
        ['initial', label.slice(0, 1)],
      ];
};

/** Stores objects without apiVersion and kind, as built-in kinds are stored. */
export const modelCodec: ObjectCodec = {
  encode: (_key, object) => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    return JSON.stringify(rest);
  },
  decode: (_key, text) => freeze({ apiVersion: 'v1', kind: 'Thing', ...JSON.parse(text) }),
  indexes: (_key, object) => indexesOf(object),
};

const freeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
};

const stamped = (object: KubeObject, revision: Revision): string =>
  stableJson({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });

const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

export class Reference {
  writes: readonly Write[] = [];
  due: ReadonlyMap<string, Due> = new Map();
  meta: ReadonlyMap<string, string> = new Map();
  floor: Revision = 0;
  readonly #actorOrder: readonly string[];

  constructor(actorOrder: readonly string[]) {
    this.#actorOrder = actorOrder;
  }

  /** A copy of the whole state; give it to `restore` to take back what happened since. */
  save(): () => void {
    const { writes, due, meta, floor } = this;
    return () => Object.assign(this, { writes, due, meta, floor });
  }

  get revision(): Revision {
    return this.writes.length;
  }

  /** The newest write of a key at a revision, unless it is a delete. */
  live(key: string, at: Revision = this.revision): Write | undefined {
    const last = this.writes.slice(0, at).findLast((write) => write.key === key);
    return last?.op === 'delete' ? undefined : last;
  }

  /** Live writes under a prefix at a revision, in the order of keys. */
  scan(prefix: string, at: Revision = this.revision): readonly Write[] {
    const last = new Map<string, Write>();
    for (const write of this.writes.slice(0, at)) last.set(write.key, write);
    return [...last.values()]
      .filter((write) => write.op !== 'delete' && write.key.startsWith(prefix))
      .sort((one, other) => byBytes(one.key, other.key));
  }

  lookup(index: string, value: string): readonly Write[] {
    return this.scan('').filter((write) =>
      indexesOf(JSON.parse(write.text)).some((entry) => entry[0] === index && entry[1] === value),
    );
  }

  /** The write that a write replaced. */
  previous(write: Write): Write | undefined {
    return write.op === 'create' ? undefined : this.live(write.key, write.revision - 1);
  }

  /** What the log must still hold: all above the floor, and what is live at the floor. */
  retained(): readonly Revision[] {
    const below = this.scan('', this.floor).map((write) => write.revision);
    const above = this.writes.slice(this.floor).map((write) => write.revision);
    return [...below, ...above].sort((one, other) => one - other);
  }

  put(key: string, object: KubeObject, at: number): void {
    const op = this.live(key) === undefined ? 'create' : 'update';
    this.#append(key, op, object, at);
  }

  remove(key: string, lastState: KubeObject | undefined, at: number): void {
    const current = this.live(key);
    if (current === undefined) throw new Error('the model removes only what lives');
    this.#append(key, 'delete', lastState ?? (JSON.parse(current.text) as KubeObject), at);
  }

  putDue(wakeup: Due): void {
    this.due = new Map(this.due).set(`${wakeup.actor} ${wakeup.key}`, wakeup);
  }

  drop(actor: string, key: string): boolean {
    const due = new Map(this.due);
    const had = due.delete(`${actor} ${key}`);
    this.due = due;
    return had;
  }

  /** All wake-ups in order. */
  agenda(): readonly Due[] {
    const rank = (actor: string): number => (this.#actorOrder.indexOf(actor) + 1 || 99) - 1;
    return [...this.due.values()].sort(
      (one, other) =>
        one.dueAt - other.dueAt ||
        rank(one.actor) - rank(other.actor) ||
        byBytes(one.actor, other.actor) ||
        byBytes(one.key, other.key),
    );
  }

  setMeta(name: string, value: string | undefined): void {
    const meta = new Map(this.meta);
    if (value === undefined) meta.delete(name);
    else meta.set(name, value);
    this.meta = meta;
  }

  #append(key: string, op: ChangeOp, object: KubeObject, at: number): void {
    const revision = this.revision + 1;
    this.writes = [...this.writes, { revision, key, op, at, text: stamped(object, revision) }];
  }
}

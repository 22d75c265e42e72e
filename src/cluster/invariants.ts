/**
 * What must hold of a cluster's database between two turns, whatever was asked of it. Read by tests after fuzzing and
 * long histories; it reads everything and never writes.
 */

import { deepEqual } from '../machinery/deep.ts';
import { parseKey } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { SqlPort } from '../ports.ts';
import type { ObjectCodec } from '../store/reader.ts';

type Row = {
  readonly rev: number;
  readonly key: string;
  readonly op: number;
  readonly prev_rev: number | null;
  readonly at: number;
  readonly value: string;
};
type HeadRow = { readonly key: string; readonly rev: number; readonly create_rev: number };
type RefRow = { readonly name: string; readonly value: string; readonly key: string };

const CREATE = 0;
const DELETE = 2;

const readLog = (sql: SqlPort): readonly Row[] =>
  sql.all<Row>('SELECT rev, key, op, prev_rev, at, value FROM revision ORDER BY rev');

/** The log alone: each key is created, updated and deleted in turn, and every write names the one before it. */
const checkLog = (log: readonly Row[], broken: (what: string) => void): ReadonlyMap<string, Row> => {
  const live = new Map<string, Row>();
  const seen = new Set<string>();
  for (const row of log) {
    const before = live.get(row.key);
    const known = seen.has(row.key);
    if (row.op === CREATE && before !== undefined)
      broken(`${row.key}@${row.rev} is created while it is there`);
    if (row.op !== CREATE && before === undefined && known)
      broken(`${row.key}@${row.rev} changes what is gone`);
    if (before !== undefined && row.prev_rev !== before.rev)
      broken(`${row.key}@${row.rev} names ${row.prev_rev} as the revision before, not ${before.rev}`);
    seen.add(row.key);
    if (row.op === DELETE) live.delete(row.key);
    else live.set(row.key, row);
  }
  return live;
};

/** The heads are what the log leads to. A key older than what is retained of the log is in `head` alone. */
const checkHeads = (
  heads: readonly HeadRow[],
  live: ReadonlyMap<string, Row>,
  broken: (what: string) => void,
): void => {
  const names = new Set(heads.map(({ key }) => key));
  for (const { key, rev, create_rev: created } of heads) {
    const row = live.get(key);
    if (row === undefined) broken(`${key} is live, but the log does not say so`);
    else if (row.rev !== rev) broken(`${key} is at ${row.rev} in the log and at ${rev} in head`);
    if (created > rev) broken(`${key} was created at ${created}, after its newest write ${rev}`);
  }
  for (const key of live.keys()) if (!names.has(key)) broken(`${key} is live in the log, but has no head`);
};

const refId = ({ name, value, key }: RefRow): string => JSON.stringify([name, value, key]);

const checkRefs = (
  refs: readonly RefRow[],
  wanted: readonly RefRow[],
  broken: (what: string) => void,
): void => {
  const there = new Set(refs.map(refId));
  const should = new Set(wanted.map(refId));
  for (const id of should) if (!there.has(id)) broken(`index entry ${id} is missing`);
  for (const id of there) if (!should.has(id)) broken(`index entry ${id} is of no live object`);
};

/** What every stored object must say of itself. */
const checkObject = (key: string, row: Row, object: KubeObject, broken: (what: string) => void): void => {
  const { metadata } = object;
  const at = `${key}@${row.rev}`;
  const parts = parseKey(key);
  if (metadata.resourceVersion !== String(row.rev))
    broken(`${at} has resourceVersion ${metadata.resourceVersion}`);
  if (metadata.name !== parts.name) broken(`${at} is named ${metadata.name}`);
  if ((metadata.namespace ?? '') !== parts.namespace) broken(`${at} is in namespace ${metadata.namespace}`);
  if (!metadata.uid) broken(`${at} has no uid`);
  if (!metadata.creationTimestamp) broken(`${at} has no creationTimestamp`);
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = metadata;
  const spec = (object as { readonly spec?: { readonly finalizers?: readonly string[] } }).spec;
  const waits = finalizers.length > 0 || (spec?.finalizers ?? []).length > 0;
  if (deletionTimestamp !== undefined && !waits && (deletionGracePeriodSeconds ?? 0) === 0)
    broken(`${at} is being deleted, and nothing holds it back`);
};

const checkObjects = (
  sql: SqlPort,
  codec: ObjectCodec,
  live: ReadonlyMap<string, Row>,
  broken: (what: string) => void,
): void => {
  const wanted: RefRow[] = [];
  const owners = new Map<string, string>();
  for (const [key, row] of live) {
    const object = codec.decode(key, row.value);
    checkObject(key, row, object, broken);
    const again = codec.decode(key, codec.encode(key, object));
    if (!deepEqual(again, object)) broken(`${key}@${row.rev} does not survive being written and read`);
    const other = owners.get(object.metadata.uid ?? '');
    if (other !== undefined) broken(`${key} and ${other} share a uid`);
    owners.set(object.metadata.uid ?? '', key);
    for (const [name, value] of codec.indexes(key, object)) wanted.push({ name, value, key });
  }
  checkRefs(sql.all<RefRow>('SELECT name, value, key FROM ref'), wanted, broken);
};

/**
 * Everything that is wrong with a cluster's tables, as sentences; none when all is well. Compares heads with the log,
 * index entries with the objects, and what objects say of themselves (name, namespace, resourceVersion, uid) with
 * where they are; an object whose deletion nothing holds back must be gone.
 */
export const brokenInvariants = (sql: SqlPort, codec: ObjectCodec): readonly string[] => {
  const found: string[] = [];
  const broken = (what: string): void => void found.push(what);
  const live = checkLog(readLog(sql), broken);
  checkHeads(sql.all<HeadRow>('SELECT key, rev, create_rev FROM head ORDER BY key'), live, broken);
  checkObjects(sql, codec, live, broken);
  return found;
};

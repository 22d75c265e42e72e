import type { Instant } from '../machinery/time.ts';
import { makeAuditIds } from './ids.ts';
import { type AuditEvent, type AuditRecord, expandBatch, printRecord } from './record.ts';

interface StoredBatch {
  readonly seq: number;
  readonly records: readonly unknown[];
}

/** The part of the log that is read: batches of records. */
export interface RecordSource {
  next(): number;
  oldest(): number;
  before(seq: number): Iterable<StoredBatch>;
  from(seq: number): Iterable<StoredBatch>;
}

/** A record with its number. */
interface Numbered {
  readonly seq: number;
  readonly record: AuditRecord;
}

/** Records with a smaller number, newest first. */
function* newestFirst(source: RecordSource, bound: number): Iterable<Numbered> {
  for (const batch of source.before(bound)) {
    const records = expandBatch(batch.records);
    for (let at = records.length - 1; at >= 0; at -= 1) {
      const record = records[at];
      if (record !== undefined && batch.seq + at < bound) yield { seq: batch.seq + at, record };
    }
  }
}

/** Records from a number on, oldest first. */
function* oldestFirst(source: RecordSource, first: number): Iterable<Numbered> {
  for (const batch of source.from(first)) {
    for (const [at, record] of expandBatch(batch.records).entries()) {
      if (batch.seq + at >= first) yield { seq: batch.seq + at, record };
    }
  }
}

/** What is asked for. Absent parts match everything; lists match any of their values. */
export interface AuditQuery {
  /** The one who asked, or the one who was impersonated. */
  readonly user?: string;
  readonly verbs?: readonly string[];
  /** API group; '' is the core group. */
  readonly group?: string;
  /** `pods`, `pods/log`, or `pods/*` for pods with their subresources. Without a slash: no subresource. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** From this instant (inclusive) until that (exclusive), of the stage. */
  readonly since?: Instant;
  readonly until?: Instant;
  /** A status code, or a class of them such as 4 for 400 to 499. */
  readonly code?: number;
  readonly decision?: 'allow' | 'forbid';
  readonly auditId?: string;
  readonly level?: string;
  readonly stage?: string;
  readonly order?: 'asc' | 'desc';
  readonly limit?: number;
  /** `cursor` of the page before. */
  readonly cursor?: number;
}

/** Records that are no longer kept: `events` of them, all older than the oldest that is. */
export interface AuditGap {
  readonly events: number;
  /** Instant of the oldest record that is kept; absent when none is. */
  readonly until?: Instant;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  readonly cursor?: number;
  readonly gap?: AuditGap;
}

/** Records one page may look at: a rare event in a long log takes several pages, which may be empty. */
const PAGE_SCAN = 50_000;
/** Records a search through the whole log looks at, newest first: more than the log of any ordinary plan holds. */
const LOG_SCAN = 250_000;

export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1000;

/** The one a record is about: whoever the request ran as. */
export const actorOf = (record: AuditRecord): string => (record.m ?? record.w)?.username ?? '';

const matchesUser = (record: AuditRecord, user: string): boolean =>
  record.w?.username === user || record.m?.username === user;

const matchesResource = (record: AuditRecord, wanted: string): boolean => {
  if (record.o === undefined) return false;
  const [resource, , , , , , , subresource] = record.o;
  if (wanted.endsWith('/*')) return resource === wanted.slice(0, -2);
  return wanted === (subresource === '' ? resource : `${resource}/${subresource}`);
};

const matchesCode = (code: number, wanted: number): boolean =>
  wanted < 10 ? Math.floor(code / 100) === wanted : code === wanted;

const matchesObject = (record: AuditRecord, query: AuditQuery): boolean => {
  const [, namespace = '', name = '', , group = ''] = record.o ?? [];
  if (query.group !== undefined && (record.o === undefined || group !== query.group)) return false;
  if (query.resource !== undefined && !matchesResource(record, query.resource)) return false;
  if (query.namespace !== undefined && (record.o === undefined || namespace !== query.namespace))
    return false;
  return query.name === undefined || (record.o !== undefined && name === query.name);
};

/** Whether a record is what was asked for; ids, order and paging aside. */
export const matchesQuery = (record: AuditRecord, query: AuditQuery): boolean => {
  if (query.user !== undefined && !matchesUser(record, query.user)) return false;
  if (query.verbs !== undefined && !query.verbs.includes(record.v)) return false;
  if (query.since !== undefined && record.t < query.since) return false;
  if (query.until !== undefined && record.t >= query.until) return false;
  if (query.code !== undefined && !matchesCode(record.c, query.code)) return false;
  if (query.stage !== undefined && (record.s ?? 'ResponseComplete') !== query.stage) return false;
  if (query.decision !== undefined) {
    if (record.x === undefined || (record.k === 1) !== (query.decision === 'forbid')) return false;
  }
  return matchesObject(record, query);
};

/** Annotations of the event that stands for those that were dropped. */
const GAP = 'audit.kubicle.dev/gap';
const DROPPED = 'audit.kubicle.dev/dropped-events';

const isFiltered = ({ order: _order, limit: _limit, cursor: _cursor, ...filters }: AuditQuery): boolean =>
  Object.values(filters).some((value) => value !== undefined);

/** The reader of a cluster's audit log. */
export interface AuditReader {
  /**
   * One page of what was asked for, newest first unless asked otherwise. Where nothing is filtered, an event that is
   * none stands for the records that were dropped.
   */
  page(query: AuditQuery): AuditPage;
  /** Everything that matches, newest first, as it is stored: for those who count. */
  records(query: AuditQuery): Iterable<AuditRecord>;
  /** The event with this audit id; of several stages the last. */
  byId(auditId: string): AuditRecord | undefined;
  /** The record with a number; `undefined` when it is not kept. */
  byNumber(seq: number): AuditRecord | undefined;
  /** What is missing from the log; `undefined` while nothing is. */
  gap(): AuditGap | undefined;
}

/** Reads records back as events. */
export const makeAuditReader = (
  source: RecordSource,
  seed: string,
  pageScan: number = PAGE_SCAN,
): AuditReader => {
  const idOf = makeAuditIds(seed);
  const auditId = (seq: number, record: AuditRecord): string => record.i ?? idOf(seq, record.t);

  const gap = (): AuditGap | undefined => {
    const oldest = source.oldest();
    if (oldest <= 1) return undefined;
    for (const { record } of oldestFirst(source, oldest)) return { events: oldest - 1, until: record.t };
    return { events: oldest - 1 };
  };

  const printGap = ({ events, until = 0 }: AuditGap): AuditEvent => {
    const marker: AuditRecord = {
      t: until,
      l: 1,
      v: '',
      u: '',
      c: 0,
      n: { [GAP]: 'true', [DROPPED]: String(events) },
    };
    return printRecord(marker, idOf(0, until));
  };

  const walk = (query: AuditQuery) => {
    const { order = 'desc', cursor } = query;
    return order === 'asc'
      ? oldestFirst(source, (cursor ?? 0) + 1)
      : newestFirst(source, cursor ?? source.next());
  };

  return {
    gap,
    byNumber: (wanted) => {
      for (const { seq, record } of oldestFirst(source, wanted)) return seq === wanted ? record : undefined;
      return undefined;
    },
    page: (query) => {
      const limit = Math.min(Math.max(1, query.limit ?? DEFAULT_PAGE), MAX_PAGE);
      const events: AuditEvent[] = [];
      let last: number | undefined;
      let more = false;
      let looked = 0;
      for (const { seq, record } of walk(query)) {
        looked += 1;
        if (looked > pageScan) {
          more = true;
          break;
        }
        // The next page goes on behind what was looked at, not behind what was found.
        if (events.length < limit) last = seq;
        if (!matchesQuery(record, query)) continue;
        const id = auditId(seq, record);
        if (query.auditId !== undefined && id !== query.auditId) continue;
        if (events.length === limit) {
          more = true;
          break;
        }
        events.push(printRecord(record, id));
      }
      const missing = gap();
      if (missing !== undefined && !isFiltered(query)) {
        const isAsc = query.order === 'asc';
        if (isAsc && (query.cursor ?? 0) < source.oldest()) events.unshift(printGap(missing));
        if (!isAsc && !more) events.push(printGap(missing));
      }
      return {
        events,
        ...(more && last !== undefined ? { cursor: last } : {}),
        ...(missing === undefined ? {} : { gap: missing }),
      };
    },
    *records(query) {
      let left = LOG_SCAN;
      for (const { record } of newestFirst(source, source.next())) {
        left -= 1;
        if (left < 0) return;
        if (matchesQuery(record, query)) yield record;
      }
    },
    byId: (wanted) => {
      let left = LOG_SCAN;
      for (const { seq, record } of newestFirst(source, source.next())) {
        left -= 1;
        if (left < 0) return undefined;
        if (auditId(seq, record) === wanted) return record;
      }
      return undefined;
    },
  };
};

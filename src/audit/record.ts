import type { Identity } from '../auth/identity.ts';
import type { Status } from '../machinery/status.ts';
import { type Instant, printMicroTime } from '../machinery/time.ts';
import { LEVELS, type Stage } from './policy.ts';

/**
 * A record as it is stored: short names, and nothing that follows from its number. Fields may be added, and never
 * change their meaning.
 */
export interface AuditRecord {
  /** Stage's instant, and the request's where that is another. */
  readonly t: Instant;
  readonly r?: Instant;
  /** Audit id, where it is not the one derived from number and instant. */
  readonly i?: string;
  /** Index in `LEVELS`. */
  readonly l: number;
  /** Absent for ResponseComplete. */
  readonly s?: Stage;
  readonly v: string;
  /** Path and query as they were sent. */
  readonly u: string;
  /** Who asked; absent when nobody was recognised. */
  readonly w?: Identity;
  readonly m?: Identity;
  readonly p?: readonly string[];
  readonly a?: string;
  readonly o?: RecordedObject;
  readonly c: number;
  /** The Status of a refusal: what upstream keeps of it. */
  readonly f?: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'code'>;
  /** Reason of the decision; with `k` it was a refusal. */
  readonly x?: string;
  readonly k?: 1;
  /** Newest revision when it was refused: the state that explains it. */
  readonly b?: number;
  readonly n?: Readonly<Record<string, string>>;
  readonly q?: unknown;
  readonly z?: unknown;
  /** 1: `w`, `m`, `p` and `a` are those of the record before it in its batch. */
  readonly e?: 1;
}

/** A record under construction. */
export type RecordDraft = { -readonly [Field in keyof AuditRecord]: AuditRecord[Field] };

/** Resource, namespace, name, uid, group, version, resource version, subresource: '' is absent. */
export type RecordedObject = readonly [
  resource: string,
  namespace: string,
  name: string,
  uid: string,
  group: string,
  version: string,
  resourceVersion: string,
  subresource: string,
];

/** The subject of an event as upstream names it. */
export interface EventUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ObjectReference {
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly apiGroup?: string;
  readonly apiVersion?: string;
  readonly resourceVersion?: string;
  readonly subresource?: string;
}

/** An audit.k8s.io/v1 Event. */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: string;
  readonly auditID: string;
  readonly stage: Stage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: EventUser;
  readonly impersonatedUser?: EventUser;
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: ObjectReference;
  readonly responseStatus?: {
    readonly metadata: Readonly<Record<string, never>>;
    readonly status?: string;
    readonly message?: string;
    readonly reason?: string;
    readonly details?: unknown;
    readonly code?: number;
  };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const DECISION = 'authorization.k8s.io/decision';
export const REASON = 'authorization.k8s.io/reason';

const printUser = ({ username, uid, groups, extra }: Identity): EventUser => ({
  ...(username === '' ? {} : { username }),
  ...(uid ? { uid } : {}),
  ...(groups.length === 0 ? {} : { groups }),
  ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
});

const printObject = (recorded: RecordedObject): ObjectReference => {
  const [resource, namespace, name, uid, apiGroup, apiVersion, resourceVersion, subresource] = recorded;
  const all = { resource, namespace, name, uid, apiGroup, apiVersion, resourceVersion, subresource };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
};

const printAnnotations = ({ x, k, n }: AuditRecord): Readonly<Record<string, string>> | undefined => {
  const decided = x === undefined ? {} : { [DECISION]: k === 1 ? 'forbid' : 'allow', [REASON]: x };
  const all = Object.entries({ ...decided, ...n }).sort(([one], [other]) => (one < other ? -1 : 1));
  return all.length === 0 ? undefined : Object.fromEntries(all);
};

/** The records of a batch, each whole again. */
export const expandBatch = (records: readonly unknown[]): readonly AuditRecord[] => {
  let before: AuditRecord | undefined;
  return records.map((stored) => {
    const record = stored as AuditRecord;
    if (record.e !== 1 || before === undefined) {
      before = record;
      return record;
    }
    const { w, m, p, a } = before;
    return {
      ...record,
      ...(w === undefined ? {} : { w }),
      ...(m === undefined ? {} : { m }),
      ...(p === undefined ? {} : { p }),
      ...(a === undefined ? {} : { a }),
    };
  });
};

/** Prints a record as upstream prints an event, fields in upstream's order. */
export const printRecord = (record: AuditRecord, auditID: string): AuditEvent => {
  const annotations = printAnnotations(record);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: LEVELS[record.l] ?? 'Metadata',
    auditID,
    stage: record.s ?? 'ResponseComplete',
    requestURI: record.u,
    verb: record.v,
    user: record.w === undefined ? {} : printUser(record.w),
    ...(record.m === undefined ? {} : { impersonatedUser: printUser(record.m) }),
    ...(record.p === undefined ? {} : { sourceIPs: record.p }),
    ...(record.a === undefined ? {} : { userAgent: record.a }),
    ...(record.o === undefined ? {} : { objectRef: printObject(record.o) }),
    ...(record.c === 0 ? {} : { responseStatus: { metadata: {}, ...record.f, code: record.c } }),
    ...(record.q === undefined ? {} : { requestObject: record.q }),
    ...(record.z === undefined ? {} : { responseObject: record.z }),
    requestReceivedTimestamp: printMicroTime(record.r ?? record.t),
    stageTimestamp: printMicroTime(record.t),
    ...(annotations === undefined ? {} : { annotations }),
  };
};

import type { Identity } from '../auth/identity.ts';
import type { Status } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import { makeAuditIds } from './ids.ts';
import { LEVELS, makeEvaluator, type Policy, type Verdict } from './policy.ts';
import type { AuditRecord, RecordDraft, RecordedObject } from './record.ts';
import { sourcesOf, userAgentOf } from './sources.ts';
import { type AuditedInfo, type AuditedRequest, AuditTrace } from './trace.ts';

/** Where records go. */
export interface RecordSink {
  next(): number;
  /** Number of the first record of the batch that the next one joins. */
  readonly batch: number;
  add(record: object, bytes: number): number;
}

export interface AuditorDeps {
  readonly log: RecordSink;
  /** The policy in force; the same value as long as it does not change. */
  readonly policy: () => Policy;
  readonly seed: string;
  /** Whether denials carry their audit id in their details. */
  readonly namesDenials: () => boolean;
  readonly now: () => Instant;
  /** The newest revision. */
  readonly revision: () => number;
  /** The body of a request as a JSON value; `undefined` when it is none. */
  readonly requestObject: (request: AuditedRequest) => unknown;
  /** The body of an answer as a JSON value; `undefined` when it is none. */
  readonly responseObject: (answer: AuditedAnswer) => unknown;
  /** Most bytes of one record; beyond, it is kept without its bodies. */
  readonly maxRecordBytes: number;
}

/** What the audit log needs of an answer. A watch has no body. */
export interface AuditedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Follows one request at a time through the api. */
export interface Auditor {
  open(request: AuditedRequest): AuditTrace;
  /** The request that is served right now, between `open` and `close`. */
  current(): AuditTrace | undefined;
  /** What the request is about and who asked (nobody, when that failed). The policy is asked here. */
  about(trace: AuditTrace, info: AuditedInfo, caller: Identity | undefined): void;
  /** Whether every denial carries its audit id in its details. */
  namesDenials(): boolean;
  /** Told when somebody else added a record: the next one says again who sent it. */
  interrupt(): void;
  /** Records the request's end, or the start of a watch; the number of the record, if there is one. */
  close(trace: AuditTrace, answer: AuditedAnswer, isWatch: boolean): number | undefined;
}

const EMPTY: Verdict = { level: 'None', omitStages: [], omitManagedFields: false };
const TRUNCATED = { 'audit.k8s.io/truncated': 'true' };

/** Longest text of a record that was shortened, in characters. */
const SHORT = 4096;
/** Longest id that a client may give its request; a longer one is not taken. */
const MAX_ID_LENGTH = 256;

/** About the size of a record's fixed parts and punctuation. */
const BASE_BYTES = 200;

const objectOf = ({ info, named }: AuditTrace): RecordedObject | undefined => {
  if (info?.resource === undefined) return undefined;
  const { resource, namespace, name, group, subresource } = info.resource;
  return [
    resource,
    namespace || (named.namespace ?? ''),
    name || (named.name ?? ''),
    named.uid ?? '',
    group,
    info.version,
    named.resourceVersion ?? '',
    subresource,
  ];
};

const failureOf = ({ status, message, reason, details }: Status): NonNullable<AuditRecord['f']> => ({
  status,
  ...(message ? { message } : {}),
  ...(reason ? { reason } : {}),
  ...(details === undefined ? {} : { details }),
});

const SENDER = ['user-agent', 'cf-connecting-ip', 'x-forwarded-for', 'x-real-ip'] as const;

const isSameIdentity = (one: Identity | undefined, other: Identity | undefined): boolean => {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  if (one.username !== other.username || one.uid !== other.uid) return false;
  if (one.extra !== undefined || other.extra !== undefined) return false;
  const { groups } = other;
  return one.groups.length === groups.length && one.groups.every((group, index) => group === groups[index]);
};

/** Where a request came from, and the batch its record went to. */
interface Sender {
  readonly batch: number;
  readonly headers: AuditedRequest['headers'];
  readonly caller: Identity | undefined;
  readonly impersonated: Identity | undefined;
}

/** Whether a request comes from the same user, program and place. */
const isSame = (one: Sender, other: AuditTrace): boolean => {
  const { headers } = other.request;
  for (const name of SENDER) if (one.headers[name] !== headers[name]) return false;
  return isSameIdentity(one.caller, other.caller) && isSameIdentity(one.impersonated, other.impersonated);
};

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object, or a list of them, without who owns which field. */
export const withoutManagedFields = (value: unknown): unknown => {
  if (!isJson(value)) return value;
  const { metadata, items } = value;
  const bare =
    isJson(metadata) && 'managedFields' in metadata ? { ...metadata, managedFields: undefined } : metadata;
  return {
    ...value,
    ...(metadata === undefined ? {} : { metadata: bare }),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
};

const lengthOf = (value: unknown): number => (value === undefined ? 0 : JSON.stringify(value).length);

/** About the bytes of a record without bodies. What can be large and is not always there is measured. */
const sizeOf = ({ u, a, i, w, m, f, n, x }: AuditRecord): number => {
  const fixed = BASE_BYTES + u.length + (a?.length ?? 0) + (i?.length ?? 0) + (x?.length ?? 0);
  return w === undefined && f === undefined && n === undefined
    ? fixed
    : fixed + lengthOf(w) + lengthOf(m) + lengthOf(f) + lengthOf(n);
};

/** A record that is too large, without what a client can make large, and its size. */
const shortened = (record: AuditRecord): readonly [AuditRecord, number] => {
  const { f, n: _notes, ...rest } = record;
  const { details: _details, ...failure } = f ?? { status: 'Failure' as const };
  const message = failure.message?.slice(0, SHORT);
  const short: AuditRecord = {
    ...rest,
    u: rest.u.slice(0, SHORT),
    ...(f === undefined ? {} : { f: { ...failure, ...(message === undefined ? {} : { message }) } }),
    n: TRUNCATED,
  };
  return [short, sizeOf(short)];
};

/** Makes the auditor of a cluster. */
export const makeAuditor = (deps: AuditorDeps): Auditor => {
  const idOf = makeAuditIds(deps.seed);
  let known: { readonly policy: Policy; readonly evaluate: ReturnType<typeof makeEvaluator> } | undefined;
  const evaluator = () => {
    const policy = deps.policy();
    if (known?.policy !== policy) known = { policy, evaluate: makeEvaluator(policy) };
    return known.evaluate;
  };

  const withBodies = (
    trace: AuditTrace,
    answer: AuditedAnswer,
    verdict: Verdict,
  ): Pick<AuditRecord, 'q' | 'z'> => {
    const strip = verdict.omitManagedFields ? withoutManagedFields : (value: unknown) => value;
    const q = trace.request.body.length === 0 ? undefined : strip(deps.requestObject(trace.request));
    const z = verdict.level === 'RequestResponse' ? strip(deps.responseObject(answer)) : undefined;
    return { ...(q === undefined ? {} : { q }), ...(z === undefined ? {} : { z }) };
  };

  const add = (trace: AuditTrace, record: AuditRecord, verdict: Verdict, answer: AuditedAnswer): number => {
    const bytes = sizeOf(record);
    if (verdict.level === 'Metadata') {
      return bytes <= deps.maxRecordBytes ? deps.log.add(record, bytes) : deps.log.add(...shortened(record));
    }
    const full = { ...record, ...withBodies(trace, answer, verdict) };
    const size = JSON.stringify(full).length;
    if (size <= deps.maxRecordBytes) return deps.log.add(full, size);
    return deps.log.add(...shortened(record));
  };

  /** The last sender that was written out: the records after it in its batch may refer to it. */
  let last: Sender | undefined;
  const recordOf = (trace: AuditTrace, info: AuditedInfo, verdict: Verdict): RecordDraft => {
    const { path, query, headers } = trace.request;
    const record: RecordDraft = {
      t: deps.now(),
      l: LEVELS.indexOf(verdict.level),
      v: info.verb,
      u: query === '' ? path : `${path}?${query}`,
      c: 0,
    };
    const { batch } = deps.log;
    if (last?.batch === batch && isSame(last, trace)) record.e = 1;
    else {
      last = { batch, headers, caller: trace.caller, impersonated: trace.impersonated };
      if (trace.caller !== undefined) record.w = trace.caller;
      if (trace.impersonated !== undefined) record.m = trace.impersonated;
      const sources = sourcesOf(headers);
      if (sources !== undefined) record.p = sources;
      const agent = userAgentOf(headers);
      if (agent !== '') record.a = agent;
    }
    const object = objectOf(trace);
    if (object !== undefined) record.o = object;
    return record;
  };

  /** What is known only at the end. */
  const complete = (record: RecordDraft, trace: AuditTrace, code: number): void => {
    const { decision, failure, annotations } = trace;
    record.c = code;
    if (decision !== undefined) {
      record.x = decision.reason;
      if (!decision.allowed) {
        record.k = 1;
        record.b = deps.revision();
      }
    }
    if (failure !== undefined) record.f = failureOf(failure);
    if (annotations !== undefined) record.n = annotations;
    // A number that moved on since the id was made no longer gives it back.
    if (trace.seq !== deps.log.next()) record.i = trace.id;
  };

  const start = (request: AuditedRequest): AuditTrace => {
    const given = request.headers['audit-id'];
    if (given && given.length <= MAX_ID_LENGTH) return new AuditTrace(request, given, undefined);
    const seq = deps.log.next();
    return new AuditTrace(request, idOf(seq, deps.now()), seq);
  };

  let current: AuditTrace | undefined;
  return {
    open: (request) => {
      current = start(request);
      return current;
    },
    current: () => current,
    namesDenials: deps.namesDenials,
    interrupt: () => {
      last = undefined;
    },
    about: (trace, info, caller) => {
      trace.info = info;
      trace.caller = caller;
      trace.verdict = evaluator()(info, caller);
    },
    close: (trace, answer, isWatch) => {
      current = undefined;
      const { info, verdict = EMPTY } = trace;
      if (info === undefined || verdict.level === 'None') return undefined;
      const stage = isWatch ? 'ResponseStarted' : 'ResponseComplete';
      if (!verdict.omitStages.includes('RequestReceived')) {
        const received: AuditRecord = {
          ...recordOf(trace, info, verdict),
          i: trace.id,
          s: 'RequestReceived',
        };
        deps.log.add(received, BASE_BYTES);
      }
      if (verdict.omitStages.includes(stage)) return undefined;
      const record = recordOf(trace, info, verdict);
      complete(record, trace, answer.status);
      if (isWatch) {
        record.s = stage;
        record.i = trace.id;
      }
      return add(trace, record, verdict, answer);
    },
  };
};

import { requestObject, responseObject } from '../api/audited.ts';
import { type Auditor, makeAuditor } from '../audit/auditor.ts';
import { defaultPolicy } from '../audit/default-policy.ts';
import { parsePolicy } from '../audit/parse-policy.ts';
import type { Policy } from '../audit/policy.ts';
import { type AuditReader, makeAuditReader } from '../audit/query.ts';
import type { AuditRecord } from '../audit/record.ts';
import type { ClusterLimits } from '../machinery/cluster-limits.ts';
import type { Instant } from '../machinery/time.ts';
import { DEFAULT_AUDIT_BYTES, MAX_RECORD_BYTES } from '../store/audit-table.ts';
import type { Store } from '../store/store.ts';

const POLICY = 'audit.policy';
/** 'true' when denials carry their audit id in their details. */
const DENIALS = 'audit.denials';
/** Where the cluster's limits lie; absent or without the field: the default. */
const LIMITS = 'cluster.limits';
const BASE_BYTES = 300;

export interface AuditOptions {
  readonly store: Store;
  readonly seed: string;
  readonly now: () => Instant;
}

/** The audit log of a cluster as its owner sees it. */
export interface ClusterAudit extends AuditReader {
  /** The policy in force, and whether it was set or is the default. */
  policy(): { readonly policy: Policy; readonly isDefault: boolean };
  /**
   * Sets a policy, given as an audit.k8s.io/v1 Policy, or goes back to the default. What is recorded already stays.
   * Returns what is wrong with it; then nothing was changed.
   */
  setPolicy(policy: unknown): readonly string[];
  /** Whether denials carry their audit id in `details.uid`, which upstream leaves empty; given, it is set first. */
  denialIds(wanted?: boolean): boolean;
}

/** What the composition root does with it. */
export interface AuditParts {
  readonly auditor: Auditor;
  readonly reader: ClusterAudit;
  /** Records that a watch ended; `record` is the number of its start. */
  endWatch(record: number, at: Instant): void;
  /** Writes what waits: always, or only when there is so much that it should not wait. */
  flush(always: boolean): void;
}

/** Wires the audit log to the store: records in batches, policy and limit in `meta`. */
export const makeAudit = ({ store, seed, now }: AuditOptions): AuditParts => {
  const { audit: log, meta } = store;
  let known: { readonly text: string | undefined; readonly policy: Policy } | undefined;
  const policy = (): Policy => {
    const text = meta.get(POLICY);
    if (known === undefined || known.text !== text) {
      known = { text, policy: text === undefined ? defaultPolicy : (JSON.parse(text) as Policy) };
    }
    return known.policy;
  };
  let bound: { readonly text: string | undefined; readonly bytes: number } | undefined;
  const maxBytes = (): number => {
    const text = meta.get(LIMITS);
    if (bound === undefined || bound.text !== text) {
      const limits = JSON.parse(text ?? '{}') as ClusterLimits;
      bound = { text, bytes: limits.auditBytes ?? DEFAULT_AUDIT_BYTES };
    }
    return bound.bytes;
  };
  const auditor = makeAuditor({
    log,
    policy,
    seed,
    now,
    namesDenials: () => meta.get(DENIALS) === 'true',
    revision: () => store.revision(),
    requestObject,
    responseObject,
    maxRecordBytes: MAX_RECORD_BYTES,
  });
  const reader = makeAuditReader(log, seed);
  return {
    auditor,
    reader: {
      ...reader,
      policy: () => ({ policy: policy(), isDefault: meta.get(POLICY) === undefined }),
      setPolicy: (given) => {
        const parsed = given === undefined ? undefined : parsePolicy(given);
        if (parsed !== undefined && 'problems' in parsed) return parsed.problems;
        store.transaction(() => {
          if (parsed === undefined) meta.delete(POLICY);
          else meta.set(POLICY, JSON.stringify(parsed.policy));
        });
        return [];
      },
      denialIds: (wanted) => {
        if (wanted !== undefined) store.transaction(() => meta.set(DENIALS, String(wanted)));
        return meta.get(DENIALS) === 'true';
      },
    },
    endWatch: (number, at) => {
      const found = reader.byNumber(number);
      if (found === undefined) return;
      const { s: _started, e: _shared, ...start } = found;
      log.add({ ...start, t: at, r: start.r ?? start.t } satisfies AuditRecord, BASE_BYTES);
      auditor.interrupt();
    },
    flush: (always) => {
      if (always || log.isLarge) log.flush(maxBytes());
    },
  };
};

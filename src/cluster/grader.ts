import type { AuditReader } from '../audit/query.ts';
import type { AuditRecord } from '../audit/record.ts';
import { makeAuthorizer } from '../auth/rbac.ts';
import { makeRbacRevision } from '../auth/rbac-revision.ts';
import type { Check, Grading } from '../exercise/contract.ts';
import { gradeChecks } from '../exercise/judge.ts';
import { type AuditFact, type AuditTrail, kindOf, makeWorld } from '../exercise/world.ts';
import type { Catalog, Resolved } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Instant } from '../machinery/time.ts';
import { makeLookup } from '../registry/lookup.ts';
import type { Store } from '../store/store.ts';

export interface GraderOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly audit: AuditReader;
  readonly now: () => Instant;
}

/** Judges checks at the store's newest revision; also finds kinds, as checks do. */
export interface Grader {
  (checks: readonly Check[], began: Instant): Grading;
  findKind(apiVersion: string, kind: string): Resolved | undefined;
}

const factOf = (record: AuditRecord): AuditFact => {
  const [resource = '', namespace = '', name = '', , group = '', , , subresource = ''] = record.o ?? [];
  return {
    at: record.t,
    username: record.w?.username ?? '',
    ...(record.m === undefined ? {} : { impersonated: record.m.username }),
    verb: record.v,
    group,
    resource,
    subresource,
    namespace,
    name,
    code: record.c,
  };
};

/** The log is read once for all checks of a grading, and only if one of them looks at it. */
const trailOf = (audit: AuditReader, began: Instant): AuditTrail => {
  let facts: readonly AuditFact[] | undefined;
  return {
    find: (accepts, limit) => {
      facts ??= Array.from(audit.records({ since: began }), factOf).reverse();
      return facts.filter(accepts).slice(0, limit);
    },
    get truncated() {
      const gap = audit.gap();
      return gap !== undefined && (gap.until ?? Number.POSITIVE_INFINITY) > began;
    },
  };
};

/** Wires grading to a running cluster. */
export const makeGrader = (options: GraderOptions): Grader => {
  const { store, catalog, lookup, audit, now } = options;
  const authorizer = makeAuthorizer({ lookup, rbacRevision: makeRbacRevision(store) });
  const worldOf = (began: Instant) =>
    makeWorld({
      store,
      catalog,
      lookup,
      authorizer,
      audit: trailOf(audit, began),
      now: now(),
      began,
      lookupOver: (reader) => makeLookup({ store: reader, catalog }),
    });
  const grade = (checks: readonly Check[], began: Instant): Grading => gradeChecks(worldOf(began), checks);
  const findKind = (apiVersion: string, kind: string) => kindOf(worldOf(0), apiVersion, kind);
  return Object.assign(grade, { findKind });
};

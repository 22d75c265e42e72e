import type { Authorizer } from '../auth/rbac.ts';
import { makeAuthorizer } from '../auth/rbac.ts';
import type { Catalog, Resolved } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Budget } from '../machinery/cel/evaluate.ts';
import { keyPrefix, parseGroupVersion } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import type { Change, Reader, Revision } from '../store/reader.ts';

/** One request of the audit log, as checks look at it. */
export interface AuditFact {
  readonly at: Instant;
  readonly username: string;
  /** Whose rights were used, when the request was made by impersonation. */
  readonly impersonated?: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

/** What is left of the audit log since the exercise began. */
export interface AuditTrail {
  /** Facts in the order they happened that satisfy the predicate, at most `limit`. */
  find(accepts: (fact: AuditFact) => boolean, limit: number): readonly AuditFact[];
  /** True when requests since the exercise began are no longer in the log. */
  readonly truncated: boolean;
}

/** A cluster as checks see it: at one revision. */
export interface World {
  readonly revision: Revision;
  /** Cluster time of the judgement. */
  readonly now: Instant;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly authorizer: Authorizer;
  readonly audit: AuditTrail;
  /** Steps that the expressions of one grading may still take, all together. */
  readonly budget: Budget;
  /** Cluster instant at which the exercise began. */
  readonly began: Instant;
  get(key: string): KubeObject | undefined;
  scan(prefix: string): readonly KubeObject[];
  /** The same cluster as it was at an earlier revision. Throws the store's failure when that is compacted. */
  at(revision: Revision): World;
  /** The oldest revision that can be looked at. */
  floor(): Revision;
  changes(after: Revision): readonly Change[];
}

/** Parts of a running cluster that worlds are made of. */
export interface WorldParts {
  readonly store: Reader;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly authorizer: Authorizer;
  readonly audit: AuditTrail;
  readonly now: Instant;
  readonly began: Instant;
  readonly lookupOver: (reader: Reader) => Lookup;
}

/** Steps of all expressions of one grading. */
const EXPRESSION_STEPS = 5_000_000;

/** A reader that answers as of a revision. */
const readerAt = (store: Reader, at: Revision): Reader => ({
  revision: () => at,
  floor: () => store.floor(),
  get: (key) => store.get(key, at),
  scan: (prefix, options) => store.scan(prefix, { ...options, at }),
  count: (prefix, options) => store.count(prefix, { ...options, at }),
  // Index entries are kept for the present only; nothing of authorization reads them.
  lookup: () => [],
  changes: (after, options) => store.changes(after, options).filter(({ revision }) => revision <= at),
});

const worldAt = (parts: WorldParts, budget: Budget, revision: Revision): World => {
  const reader = readerAt(parts.store, revision);
  const lookup = parts.lookupOver(reader);
  const authorizer = makeAuthorizer({ lookup, rbacRevision: () => revision });
  return worldOver({ ...parts, lookup, authorizer }, budget, reader, revision);
};

const worldOver = (parts: WorldParts, budget: Budget, reader: Reader, revision: Revision): World => ({
  revision,
  now: parts.now,
  began: parts.began,
  catalog: parts.catalog,
  lookup: parts.lookup,
  authorizer: parts.authorizer,
  audit: parts.audit,
  budget,
  get: (key) => reader.get(key)?.object,
  scan: (prefix) => reader.scan(prefix).map(({ object }) => object),
  at: (earlier) => worldAt(parts, budget, earlier),
  floor: () => parts.store.floor(),
  changes: (after) => parts.store.changes(after),
});

/** The cluster as it is now. */
export const makeWorld = (parts: WorldParts): World =>
  worldOver(parts, { left: EXPRESSION_STEPS }, parts.store, parts.store.revision());

/** The kind behind an apiVersion and kind; `undefined` when the cluster does not serve it. */
export const kindOf = (world: World, apiVersion: string, kind: string): Resolved | undefined => {
  const gv = parseGroupVersion(apiVersion);
  return gv && world.catalog.kind(gv.group, gv.version, kind);
};

/** Where a kind's objects lie: those of a namespace, or all of them. */
export const prefixOf = ({ kind }: Resolved, namespace: string | undefined): string =>
  keyPrefix(
    kind.storageGroup ?? kind.group,
    kind.resource,
    kind.namespaced ? namespace : namespace === undefined ? undefined : '',
  );

import { subresourcesOf } from '../../api/target.ts';
import type { AuditReader } from '../../audit/query.ts';
import type { AuditRecord } from '../../audit/record.ts';
import type { Attributes } from '../../auth/attributes.ts';
import { diffAccess } from '../../auth/explain/diff.ts';
import { explain } from '../../auth/explain/explain.ts';
import { type Deed, leastPrivilege } from '../../auth/explain/least-privilege.ts';
import { type AskedResource, accessMatrix } from '../../auth/explain/matrix.ts';
import { whoCan } from '../../auth/explain/who-can.ts';
import type { Identity } from '../../auth/identity.ts';
import { type Authorizer, makeAuthorizer } from '../../auth/rbac.ts';
import type { Catalog } from '../../kinds/catalog-contract.ts';
import type { Lookup } from '../../kinds/define.ts';
import { printTime } from '../../machinery/time.ts';
import { makeLookup } from '../../registry/lookup.ts';
import type { Reader, Revision } from '../../store/reader.ts';
import { identityFor } from './identity-for.ts';
import { type AccessAnswer, type AccessQuestion, attributesOf } from './questions.ts';

export interface AccessDeps {
  readonly store: Reader;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  readonly authorizer: Authorizer;
  readonly audit: AuditReader;
}

/** Most records a role is derived from; the newest count. */
const MAX_DEEDS = 50_000;

/** The reader at one revision, for what reads through a lookup. */
const pin = (store: Reader, at: Revision): Reader => ({
  revision: () => at,
  floor: () => store.floor(),
  get: (key) => store.get(key, at),
  scan: (prefix, options) => store.scan(prefix, { ...options, at }),
  count: (prefix, options) => store.count(prefix, { ...options, at }),
  lookup: (index, value) => store.lookup(index, value),
  changes: (after, options) => store.changes(after, options),
});

/** Every resource and subresource with its verbs, in discovery order. */
const askable = (catalog: Catalog): AskedResource[] => {
  const found = new Map<string, AskedResource>();
  for (const kind of catalog.all()) {
    const { group, resource, namespaced, verbs } = kind;
    const parts = [
      { resource, verbs },
      ...subresourcesOf(kind, kind.storageVersion).map((below) => ({
        resource: `${resource}/${below.name}`,
        verbs: below.verbs,
      })),
    ];
    for (const part of parts) {
      const key = `${group}/${part.resource}`;
      if (!found.has(key)) found.set(key, { group, namespaced, ...part });
    }
  }
  return [...found.values()];
};

const recordedAttributes = (record: AuditRecord): Attributes => {
  if (record.o === undefined) return { verb: record.v, path: record.u.split('?')[0] ?? '' };
  const [resource, namespace, name, , group, version, , subresource] = record.o;
  return { verb: record.v, group, version, resource, subresource, namespace, name };
};

const deedOf = (record: AuditRecord): Deed | undefined => {
  if (record.o === undefined || record.x === undefined) return undefined;
  const [resource, namespace, name, , group, , , subresource] = record.o;
  return { verb: record.v, group, resource, subresource, namespace, name, allowed: record.k !== 1 };
};

/** Answers questions about access from the present state, a past one, or the audit log. */
export const makeAccess = (deps: AccessDeps): ((question: AccessQuestion) => AccessAnswer) => {
  const { store, catalog, lookup, authorizer, audit } = deps;
  const isReadable = (revision: Revision): boolean =>
    revision >= store.floor() && revision <= store.revision();
  const lookupAt = (revision: Revision): Lookup => makeLookup({ store: pin(store, revision), catalog });
  const namespaces = (): string[] =>
    lookup.list('namespaces').map((namespace) => namespace.metadata.name ?? '');

  const explainRecorded = (auditId: string): AccessAnswer => {
    const record = audit.byId(auditId);
    if (record === undefined) return { status: 404, detail: `no audit event has the id ${auditId}` };
    const identity: Identity | undefined = record.m ?? record.w;
    if (identity === undefined || record.x === undefined) {
      return {
        status: 404,
        detail: `the request was answered before anybody was authorized: ${record.f?.message ?? record.c}`,
      };
    }
    const then = record.b !== undefined && isReadable(record.b) ? record.b : undefined;
    const past = then === undefined ? lookup : lookupAt(then);
    const judge =
      then === undefined ? authorizer : makeAuthorizer({ lookup: past, rbacRevision: () => then });
    return {
      value: {
        auditID: auditId,
        at: printTime(record.t),
        revision: then ?? store.revision(),
        recorded: { decision: record.k === 1 ? 'deny' : 'allow', reason: record.x, code: record.c },
        ...explain({ lookup: past, authorizer: judge }, identity, recordedAttributes(record)),
      },
    };
  };

  const diff = (asked: { readonly from?: Revision; readonly to?: Revision }): AccessAnswer => {
    const { from = store.floor(), to = store.revision() } = asked;
    for (const revision of [from, to]) {
      if (revision > store.revision()) {
        return {
          status: 400,
          detail: `revision ${revision} is not there yet: the newest is ${store.revision()}`,
        };
      }
      if (revision < store.floor()) {
        return { status: 410, detail: `revision ${revision} is gone: the oldest is ${store.floor()}` };
      }
    }
    return { value: { from, to, ...diffAccess(lookupAt(from), lookupAt(to)) } };
  };

  const derive = (asked: Extract<AccessQuestion, { what: 'least-privilege' }>): AccessAnswer => {
    const { identity, groupsFrom } = identityFor(audit, asked);
    const deeds: Deed[] = [];
    let isCut = false;
    const { user, since, until, namespace } = asked;
    const query = {
      user,
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    for (const record of audit.records(query)) {
      if ((record.m ?? record.w)?.username !== asked.user || record.s === 'RequestReceived') continue;
      const deed = deedOf(record);
      if (deed === undefined) continue;
      isCut = deeds.length >= MAX_DEEDS;
      if (isCut) break;
      deeds.push(deed);
    }
    const gap = audit.gap();
    const own = namespaces().filter(
      (namespace) => asked.namespace === undefined || namespace === asked.namespace,
    );
    return {
      value: {
        ...leastPrivilege(authorizer, identity, deeds, own, asked),
        groups: identity.groups,
        groupsFrom,
        complete: gap === undefined && !isCut,
        ...(gap === undefined ? {} : { droppedEvents: gap.events }),
      },
    };
  };

  return (question) => {
    switch (question.what) {
      case 'explain': {
        const { identity, groupsFrom } = identityFor(audit, question);
        const attributes = attributesOf(catalog, question);
        return {
          value: {
            revision: store.revision(),
            groupsFrom,
            ...explain({ lookup, authorizer }, identity, attributes),
          },
        };
      }
      case 'explain-recorded':
        return explainRecorded(question.auditId);
      case 'who-can': {
        const request = attributesOf(catalog, question);
        return { value: { revision: store.revision(), request, subjects: whoCan(lookup, request) } };
      }
      case 'matrix': {
        const { identity, groupsFrom } = identityFor(audit, question);
        const asked = question.namespace === undefined ? namespaces() : [question.namespace];
        const matrix = accessMatrix(authorizer, identity, askable(catalog), asked);
        return { value: { revision: store.revision(), groupsFrom, ...matrix } };
      }
      case 'diff':
        return diff(question);
      case 'least-privilege':
        return derive(question);
      default:
        return question satisfies never;
    }
  };
};

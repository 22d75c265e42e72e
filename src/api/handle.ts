/** A request, end to end: impersonation, authorization, routing, the verb, and any refusal as a Status. */

import type { AuditTrace } from '../audit/trace.ts';
import { type Attributes, forbiddenRequest } from '../auth/attributes.ts';
import type { Identity } from '../auth/identity.ts';
import { Interruption } from '../machinery/interruption.ts';
import { printGroupVersion } from '../machinery/names.ts';
import { makeStatus, methodNotAllowed, type Status, StatusError } from '../machinery/status.ts';
import { auditedInfo } from './audited.ts';
import { serveConnect } from './connect.ts';
import type { CoreRequest, CoreResponse, CoreWatch } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import type { Discovery } from './discovery.ts';
import { errorEncoding, type Form, negotiate, wantsPretty } from './negotiate.ts';
import { first, parseQuery, type Query } from './query.ts';
import { serveGet, serveList } from './reads.ts';
import { type RequestInfo, type ResourceRequest, requestInfo } from './request-info.ts';
import { answerStatus, pageNotFound, warned, withWarnings } from './respond.ts';
import { serveNonResource } from './root.ts';
import { findRoute, isBuiltinGroup, type Route } from './target.ts';
import type { Watcher } from './watch.ts';
import {
  serveCreate,
  serveDelete,
  serveDeleteCollection,
  servePatch,
  serveUpdate,
  type WriteCall,
} from './writes.ts';

export interface Handling {
  readonly deps: ApiDeps;
  readonly discovery: () => Discovery;
  readonly watcher: Watcher;
}

const attributesOf = (info: RequestInfo): Attributes => {
  if (!info.isResource) return { verb: info.verb, path: info.path };
  const { verb, group, version, resource, subresource, name, namespace } = info;
  const fieldSelector = first(info.query, 'fieldSelector');
  return {
    verb,
    group,
    version,
    resource,
    ...(subresource === '' ? {} : { subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
};

const authorize = (
  deps: ApiDeps,
  identity: Identity,
  attributes: Attributes,
  trace: AuditTrace | undefined,
): void => {
  const decision = deps.authorize(identity, attributes);
  if (trace !== undefined) trace.decision = decision;
  if (!decision.allowed) throw forbiddenRequest(identity, attributes, decision.reason);
};

const isPretty = (request: CoreRequest, query: Query): boolean =>
  wantsPretty(first(query, 'pretty'), request.headers['user-agent']);

const formOf = (route: Route, request: CoreRequest, query: Query): Form => {
  const { target, verb } = route;
  const form = negotiate(request.headers['accept'], {
    listing: (verb === 'list' || verb === 'watch') && target.kind.verbs.includes('watch'),
    watch: verb === 'watch',
    protobuf: target.kind.custom !== true,
    tables: target.kind.virtual !== true || target.kind.verbs.includes('get'),
  });
  return form.pretty || !isPretty(request, query) ? form : { ...form, pretty: true };
};

const WRITES: Readonly<Record<string, (call: WriteCall) => CoreResponse>> = {
  create: serveCreate,
  update: serveUpdate,
  patch: servePatch,
  delete: serveDelete,
  deletecollection: serveDeleteCollection,
};

const isConnect = ({ subresource }: Route): boolean =>
  subresource !== undefined && ['log', 'exec', 'attach', 'portforward', 'proxy'].includes(subresource.name);

/** Differs: events are not converted by webhooks, since a stream cannot wait for a call. */
const refuseConvertedWatch = ({ kind, version }: Route['target']): void => {
  if (version.convert === undefined) return;
  const what = `${printGroupVersion(version)}, Kind=${kind.kind}`;
  const text = `conversion webhook for ${what} failed: watch the storage version ${kind.storageVersion} instead`;
  throw new StatusError(makeStatus(500, undefined, text));
};

const serveVerb = ({ deps }: Handling, { target, verb }: Route, call: WriteCall): CoreResponse => {
  if (verb === 'get') return serveGet(deps, target, call.form, call.query);
  if (verb === 'list') return serveList(deps, target, call.form, call.query);
  const serve = WRITES[verb];
  if (serve === undefined) throw methodNotAllowed();
  return serve(call);
};

/** Subresources that open a session in a pod, whatever the method that opens it. */
const SESSIONS = new Set(['exec', 'attach', 'portforward']);

/**
 * A WebSocket is opened by GET, which is the verb `get`; what it opens is a session, for which upstream also wants
 * `create` since 1.35 (AuthorizePodWebsocketUpgradeCreatePermission; pkg/registry/core/pod/rest/subresources.go).
 */
const authorizeSession = (
  deps: ApiDeps,
  info: ResourceRequest,
  request: CoreRequest,
  identity: Identity,
): void => {
  if (info.verb !== 'get' || info.resource !== 'pods' || !SESSIONS.has(info.subresource)) return;
  if ((request.headers['upgrade'] ?? '').toLowerCase() !== 'websocket') return;
  const attributes = { ...attributesOf(info), verb: 'create' };
  const decision = deps.authorize(identity, attributes);
  if (!decision.allowed) throw forbiddenRequest(identity, attributes, decision.reason);
};

/**
 * Whether the server itself answers, or a definition that serves what is asked for in its scope. Everything else below
 * `/apis` is a page that does not exist.
 */
const isServed = (
  { catalog }: ApiDeps,
  { group, version, resource, namespace, verb }: ResourceRequest,
): boolean => {
  const kind = catalog.resource(group, version, resource)?.kind;
  if (kind?.custom !== true) return kind !== undefined || isBuiltinGroup(catalog, group);
  if (kind.namespaced) return namespace !== '' || verb === 'list' || verb === 'watch';
  return namespace === '';
};

const serveResource = (
  handling: Handling,
  info: ResourceRequest,
  request: CoreRequest,
  identity: Identity,
): CoreResponse | CoreWatch => {
  const { deps, watcher } = handling;
  if (!isServed(deps, info)) return pageNotFound();
  const route = findRoute(deps.catalog, info, request.method);
  if (isConnect(route)) {
    authorizeSession(deps, info, request, identity);
    return serveConnect(deps, route, info, request, identity);
  }
  const form = formOf(route, request, info.query);
  const { query } = info;
  const { target, verb } = route;
  const { deprecationWarning } = target.version;
  const warnings = deprecationWarning === undefined ? [] : [deprecationWarning];
  if (verb === 'watch') {
    refuseConvertedWatch(target);
    const watch = watcher.start(target, form, query);
    return warnings.length === 0 ? watch : { ...watch, headers: warned(watch.headers, warnings) };
  }
  const answer = serveVerb(handling, route, { deps, route, request, identity, form, query });
  return withWarnings(answer, warnings);
};

/** Who is asking. The audit log learns it at once: the policy depends on it, also when what follows is refused. */
const identify = (
  deps: ApiDeps,
  request: CoreRequest,
  info: RequestInfo,
  trace: AuditTrace | undefined,
): Identity => {
  let caller: Identity | undefined;
  try {
    caller = deps.identify?.(request) ?? request.identity;
    return caller;
  } finally {
    if (trace !== undefined) deps.audit?.about(trace, auditedInfo(info), caller);
  }
};

const dispatch = (
  handling: Handling,
  request: CoreRequest,
  info: RequestInfo,
  trace: AuditTrace | undefined,
): CoreResponse | CoreWatch => {
  const { deps } = handling;
  const caller = identify(deps, request, info, trace);
  const attributes = attributesOf(info);
  const identity = deps.impersonate?.(caller, request.headers, attributes) ?? caller;
  if (trace !== undefined && identity !== caller) trace.impersonated = identity;
  authorize(deps, identity, attributes, trace);
  // Only the analysis of a request is generous with slashes.
  if (info.path.startsWith('//')) return pageNotFound();
  if (!info.isResource) return serveNonResource(deps, handling.discovery(), info, request);
  return serveResource(handling, info, request, identity);
};

const bug = makeStatus(
  500,
  'InternalError',
  'Internal error occurred: the server met an unexpected condition',
  {
    causes: [{ message: 'the server met an unexpected condition' }],
  },
);

/** Asked for by a client that wants to explain a denial. */
const EXPLAIN_HEADER = 'kubicle-explain';

/**
 * A denial with the id it is explained by in its details, for clients that ask for it and clusters that are set so.
 * All others get upstream's Status, where the same id stands in the `Audit-Id` header.
 */
const withExplanationId = (
  deps: ApiDeps,
  status: Status,
  request: CoreRequest,
  trace: AuditTrace | undefined,
): Status => {
  if (trace?.decision?.allowed !== false || status.code !== 403) return status;
  if (request.headers[EXPLAIN_HEADER] === undefined && deps.audit?.namesDenials() !== true) return status;
  return { ...status, details: { ...status.details, uid: trace.id } };
};

const headersOf = ({ headers, warnings }: StatusError): StatusError['headers'] =>
  warnings.length === 0 ? headers : warned(headers, warnings);

const refusal = (
  { deps }: Handling,
  request: CoreRequest,
  error: unknown,
  trace: AuditTrace | undefined,
): CoreResponse => {
  const form = {
    encoding: errorEncoding(request.headers['accept']),
    pretty: isPretty(request, parseQuery(request.query)),
  };
  const known = error instanceof StatusError;
  if (trace !== undefined) trace.failure = known ? error.status : bug;
  if (known)
    return answerStatus(withExplanationId(deps, error.status, request, trace), form, headersOf(error));
  deps.onBug?.(error, request);
  return answerStatus(bug, form);
};

/** The answer with its audit id; a watch remembers its record, which is written again when it ends. */
const audited = (
  deps: ApiDeps,
  trace: AuditTrace,
  answer: CoreResponse | CoreWatch,
): CoreResponse | CoreWatch => {
  const headers = { ...answer.headers, 'Audit-Id': trace.id };
  if (answer.kind === 'response') {
    deps.audit?.close(trace, answer, false);
    return { ...answer, headers };
  }
  const record = deps.audit?.close(trace, { status: 200, headers }, true);
  return { ...answer, headers, ...(record === undefined ? {} : { record }) };
};

/** Serves one request. Whatever a client does wrong is answered with a Status; bugs are told to `onBug`. */
export const handle = (handling: Handling, request: CoreRequest): CoreResponse | CoreWatch => {
  const { deps } = handling;
  const trace = request.continues === true ? undefined : deps.audit?.open(request);
  let info: RequestInfo | undefined;
  let answer: CoreResponse | CoreWatch;
  try {
    info = requestInfo(request.method, request.path, request.query);
    answer = dispatch(handling, request, info, trace);
  } catch (error) {
    // Not an end: the request comes again.
    if (error instanceof Interruption) throw error;
    answer = refusal(handling, request, error, trace);
  }
  if (info !== undefined) {
    const code = answer.kind === 'watch' ? 200 : answer.status;
    deps.counts?.add(info, code, request.headers['content-type'] ?? '');
  }
  return trace === undefined ? answer : audited(deps, trace, answer);
};

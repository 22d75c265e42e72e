/** Paths that are no resources: discovery, version, health, OpenAPI, keys, metrics, the list of paths. */

import { methodNotAllowed, resourceNotFound } from '../machinery/status.ts';
import type { CoreRequest, CoreResponse } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import type { Discovery } from './discovery.ts';
import { HEALTH_CHECKS, serveHealth } from './health.ts';
import { printMetrics } from './metrics.ts';
import { negotiate, parseAccept } from './negotiate.ts';
import { first } from './query.ts';
import type { NonResourceRequest } from './request-info.ts';
import { answerText, jsonText, pageNotFound, plainText } from './respond.ts';
import { isBuiltinGroup } from './target.ts';

interface Call {
  readonly deps: ApiDeps;
  readonly discovery: Discovery;
  readonly info: NonResourceRequest;
  readonly request: CoreRequest;
}

const pretty = (value: unknown): CoreResponse => jsonText(200, JSON.stringify(value, null, 2));

const serveVersion = ({ deps }: Call): CoreResponse =>
  pretty({
    major: '1',
    minor: '36',
    emulationMajor: '1',
    emulationMinor: '36',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: deps.version?.gitVersion ?? 'v1.36.0',
    gitCommit: deps.version?.gitCommit ?? '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: deps.version?.buildDate ?? '2026-04-22T00:00:00Z',
    goVersion: 'go1.26.0',
    compiler: 'gc',
    platform: 'linux/amd64',
  });

const AGGREGATED_KIND = 'APIGroupDiscoveryList';

/**
 * The version of aggregated discovery a client prefers, `undefined` when it prefers the legacy documents: the first
 * clause of its Accept header, by quality, that is one or the other.
 */
const aggregatedVersion = (accept: string | undefined): 'v2' | 'v2beta1' | undefined => {
  for (const { type, subtype, parameters } of parseAccept(accept ?? '')) {
    const named = new Map(parameters);
    const convert = named.get('as');
    const json = (type === 'application' || type === '*') && (subtype === 'json' || subtype === '*');
    if (convert === undefined && (json || subtype === 'yaml' || subtype === 'vnd.kubernetes.protobuf'))
      return undefined;
    if (!json || convert !== AGGREGATED_KIND || named.get('g') !== 'apidiscovery.k8s.io') continue;
    const version = named.get('v');
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
};

const serveAggregated = (call: Call, core: boolean, version: 'v2' | 'v2beta1'): CoreResponse => {
  const { text, etag } = call.discovery.aggregated(core, version);
  const headers = {
    'Cache-Control': 'public',
    'Content-Type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    ETag: etag,
    Vary: 'Accept',
  };
  if (call.request.headers['if-none-match'] === etag) {
    return { kind: 'response', status: 304, headers: { ETag: etag, Vary: 'Accept' }, body: '' };
  }
  return { kind: 'response', status: 200, headers, body: text };
};

const serveDocument = (call: Call, text: string): CoreResponse => {
  const form = negotiate(call.request.headers['accept'], { transforms: false });
  return answerText(200, text, form);
};

const serveRoots = (call: Call, core: boolean): CoreResponse => {
  const version = aggregatedVersion(call.request.headers['accept']);
  if (version !== undefined) return serveAggregated(call, core, version);
  const { discovery, deps } = call;
  const text = core ? discovery.coreVersions(deps.serverAddress ?? '10.0.0.1:443') : discovery.groups();
  return serveDocument(call, text);
};

const rootPaths = (discovery: Discovery, withOpenApi: boolean): readonly string[] => {
  const paths = new Set([
    '/.well-known/openid-configuration',
    '/api',
    '/apis',
    '/apis/',
    '/metrics',
    '/metrics/slis',
  ]);
  for (const groupVersion of discovery.groupVersions()) {
    const slash = groupVersion.indexOf('/');
    if (slash < 0) paths.add(`/api/${groupVersion}`);
    else {
      paths.add(`/apis/${groupVersion.slice(0, slash)}`);
      paths.add(`/apis/${groupVersion}`);
    }
  }
  for (const [name, checks] of Object.entries(HEALTH_CHECKS)) {
    paths.add(`/${name}`);
    for (const check of checks) paths.add(`/${name}/${check}`);
  }
  for (const path of ['/flagz', '/openid/v1/jwks', '/statusz', '/version']) paths.add(path);
  if (withOpenApi) for (const path of ['/openapi/v2', '/openapi/v3', '/openapi/v3/']) paths.add(path);
  return [...paths].sort();
};

/** An answer with what tells its state, or 304 to a client that has it (kube-openapi: http.ServeContent). */
const tagged = ({ request }: Call, hash: string, answer: CoreResponse): CoreResponse => {
  const headers = { ETag: `"${hash}"`, Vary: 'Accept' };
  if (request.headers['if-none-match'] === headers.ETag)
    return { kind: 'response', status: 304, headers, body: '' };
  return { ...answer, headers: { ...answer.headers, ...headers } };
};

const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const serveOpenApiV2 = (call: Call): CoreResponse => {
  const { deps, request } = call;
  const documents = deps.openapi;
  if (documents === undefined) return pageNotFound();
  const accept = request.headers['accept'] ?? '';
  const asProtobuf = accept.includes('proto-openapi') && !accept.startsWith('application/json');
  const bytes = asProtobuf ? documents.v2Protobuf?.() : undefined;
  if (bytes === undefined) return tagged(call, documents.hash('v2'), jsonText(200, documents.v2()));
  return {
    kind: 'response',
    status: 200,
    headers: { 'Cache-Control': 'no-cache, private', 'Content-Type': OPENAPI_V2_PROTOBUF },
    body: bytes,
  };
};

const serveOpenApiV3 = (call: Call, path: string): CoreResponse => {
  const { deps, info } = call;
  const documents = deps.openapi;
  if (documents === undefined) return pageNotFound();
  if (path === '') return tagged(call, documents.hash(''), jsonText(200, documents.index()));
  const text = documents.document(path);
  if (text === undefined) return { kind: 'response', status: 404, headers: {}, body: '' };
  const answer = tagged(call, documents.hash(path), jsonText(200, text));
  // A document asked for by its hash never changes.
  if (first(info.query, 'hash') === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'Cache-Control': 'public, immutable' } };
};

const serveWellKnown = (call: Call, which: 'configuration' | 'jwks'): CoreResponse => {
  const text = call.deps.wellKnown?.[which]();
  if (text === undefined) return pageNotFound();
  const answer = jsonText(200, text);
  if (which === 'configuration')
    return { ...answer, headers: { ...answer.headers, 'Cache-Control': 'public, max-age=3600' } };
  return {
    ...answer,
    headers: { 'Cache-Control': 'public, max-age=3600', 'Content-Type': 'application/jwk-set+json' },
  };
};

const serveApis = (call: Call, parts: readonly string[]): CoreResponse => {
  const [, group = '', version] = parts;
  const text = version === undefined ? call.discovery.group(group) : call.discovery.resources(group, version);
  if (text !== undefined) return serveDocument(call, text);
  if (isBuiltinGroup(call.deps.catalog, group)) throw resourceNotFound();
  return pageNotFound();
};

/** Paths that are answered as they stand, without a slash behind them. */
const EXACT = /^\/(healthz|livez|readyz|metrics|openapi\/v2)\/$/;

const trimmed = (path: string): string => path.replace(/^\/+/, '').replace(/\/+$/, '');

const onlyGet = (call: Call, serve: () => CoreResponse): CoreResponse => {
  if (call.request.method !== 'GET') throw methodNotAllowed();
  return serve();
};

/** Answers a request that is about no resource; unknown paths get Go's plain 404. */
export const serveNonResource = (
  deps: ApiDeps,
  discovery: Discovery,
  info: NonResourceRequest,
  request: CoreRequest,
): CoreResponse => {
  const call: Call = { deps, discovery, info, request };
  if (EXACT.test(info.path)) return pageNotFound();
  const path = trimmed(info.path);
  const health = serveHealth(path, info.query);
  if (health !== undefined) return health;
  const parts = path.split('/');
  if (path === '') return pretty({ paths: rootPaths(discovery, deps.openapi !== undefined) });
  if (parts[0] === 'openapi' && parts[1] === 'v3') return serveOpenApiV3(call, parts.slice(2).join('/'));
  if (path === 'openapi/v2') return serveOpenApiV2(call);
  if (path === 'version') return onlyGet(call, () => serveVersion(call));
  if (path === 'api') return onlyGet(call, () => serveRoots(call, true));
  if (path === 'apis') return onlyGet(call, () => serveRoots(call, false));
  if (path === 'metrics')
    return plainText(200, printMetrics(deps), 'text/plain; version=0.0.4; charset=utf-8');
  if (path === '.well-known/openid-configuration') return serveWellKnown(call, 'configuration');
  if (path === 'openid/v1/jwks') return serveWellKnown(call, 'jwks');
  if (parts[0] === 'api' && parts.length === 2) {
    const text = discovery.resources('', parts[1] ?? '');
    if (text === undefined) throw resourceNotFound();
    return onlyGet(call, () => serveDocument(call, text));
  }
  if (parts[0] === 'apis' && parts.length <= 3) return onlyGet(call, () => serveApis(call, parts));
  return pageNotFound();
};

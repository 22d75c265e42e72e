/**
 * What a request is about, from its method, path and query alone (apiserver pkg/endpoints/request/requestinfo.go).
 */

import { badRequest } from '../machinery/status.ts';
import { first, parseQuery, type Query } from './query.ts';

export interface ResourceRequest {
  readonly isResource: true;
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; '' for methods that mean nothing. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** '' for cluster scope. For namespaces themselves it is the name, as upstream has it for authorization. */
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments from the resource on; more than three only below a proxy. */
  readonly parts: readonly string[];
  /** True for the deprecated `/watch/` prefix. */
  readonly watchPrefix: boolean;
  readonly path: string;
  readonly query: Query;
}

export interface NonResourceRequest {
  readonly isResource: false;
  /** The method in lower case. */
  readonly verb: string;
  readonly path: string;
  readonly query: Query;
}

export type RequestInfo = ResourceRequest | NonResourceRequest;

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

const decodePath = (path: string): string => {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest('the path of the request has an invalid escape');
  }
};

const segmentsOf = (path: string): string[] => {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === '/') start += 1;
  while (end > start && path[end - 1] === '/') end -= 1;
  return start === end ? [] : path.slice(start, end).split('/');
};

const exactName = /(?:^|,)metadata\.name==?([^,=!\\]+)(?:,|$)/;

/** `metadata.name=x` of a field selector that asks for one name, for authorization by resourceNames. */
const nameOfSelector = (query: Query): string => {
  const name = exactName.exec(first(query, 'fieldSelector') ?? '')?.[1] ?? '';
  return name === '.' || name === '..' || name.includes('/') || name.includes('%') ? '' : name;
};

const wantsWatch = (query: Query): boolean => {
  const value = first(query, 'watch');
  if (value === undefined) return false;
  const lower = value.toLowerCase();
  return lower !== 'false' && lower !== '0';
};

/** Analyses a request. `path` and `query` are still percent-encoded. Throws 400 for a broken escape. */
export const requestInfo = (method: string, path: string, queryText: string): RequestInfo => {
  const query = parseQuery(queryText);
  const decoded = decodePath(path);
  const parts = segmentsOf(decoded);
  const nonResource = (): NonResourceRequest => ({
    isResource: false,
    verb: method.toLowerCase(),
    path: decoded,
    query,
  });
  const prefix = parts[0];
  if (parts.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return nonResource();
  if (prefix === 'apis' && parts.length < 4) return nonResource();
  const group = prefix === 'apis' ? (parts[1] ?? '') : '';
  const version = (prefix === 'apis' ? parts[2] : parts[1]) ?? '';
  let rest = parts.slice(prefix === 'apis' ? 3 : 2);

  let verb = VERBS[method] ?? '';
  const special = rest[0] === 'watch' || rest[0] === 'proxy';
  if (special) {
    if (rest.length < 2) throw badRequest(`unable to determine kind and namespace from url, ${decoded}`);
    verb = rest[0] ?? '';
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] ?? '';
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '')) rest = rest.slice(2);
  }
  const resource = rest[0] ?? '';
  let name = rest[1] ?? '';
  const subresource = special ? '' : (rest[2] ?? '');
  if (name === '' && verb === 'get') verb = wantsWatch(query) ? 'watch' : 'list';
  if (name === '' && verb === 'delete') verb = 'deletecollection';
  if (name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    name = nameOfSelector(query);
  }
  return {
    isResource: true,
    verb,
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    parts: rest,
    watchPrefix: special && verb === 'watch',
    path: decoded,
    query,
  };
};

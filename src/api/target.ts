/** From a resource request to what it is about: the kind, the version, the subresource, and whether it exists. */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind, Verb } from '../kinds/define.ts';
import { methodNotAllowed, methodNotSupported, notFound, resourceNotFound } from '../machinery/status.ts';
import type { Target } from '../registry/contract.ts';
import type { ResourceRequest } from './request-info.ts';

/** A subresource as a route: its verbs and the kind of its bodies. */
export interface Subresource {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const OBJECT_VERBS: readonly Verb[] = ['get', 'patch', 'update'];

/** Subresources of a kind, sorted by name, for routes and discovery alike. */
export const subresourcesOf = (kind: Kind, version: string): readonly Subresource[] => {
  const own = { group: kind.group, version, kind: kind.kind };
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const list: Subresource[] = [
    ...(kind.hasStatus ? [{ name: 'status', verbs: OBJECT_VERBS, ...own }] : []),
    ...(kind.scale === undefined ? [] : [{ name: 'scale', verbs: OBJECT_VERBS, ...scale }]),
    ...(kind.connects ?? []).map(({ name, verbs, group, version: of, kind: bodyKind }) => ({
      name,
      verbs,
      group,
      version: of,
      kind: bodyKind,
    })),
  ];
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
};

const CACHE = new WeakMap<Kind, Map<string, readonly Subresource[]>>();

/** `subresourcesOf`, computed once for each kind and version. */
export const knownSubresources = (kind: Kind, version: string): readonly Subresource[] => {
  const byVersion = CACHE.get(kind) ?? new Map<string, readonly Subresource[]>();
  CACHE.set(kind, byVersion);
  const known = byVersion.get(version) ?? subresourcesOf(kind, version);
  byVersion.set(version, known);
  return known;
};

/** A request with a route behind it. */
export interface Route {
  readonly target: Target;
  /** The verb the route stands for. */
  readonly verb: Verb;
  readonly subresource?: Subresource;
}

const METHOD_VERBS: Readonly<Record<string, { readonly collection?: Verb; readonly item?: Verb }>> = {
  GET: { collection: 'list', item: 'get' },
  POST: { collection: 'create' },
  PUT: { item: 'update' },
  PATCH: { item: 'patch' },
  DELETE: { collection: 'deletecollection', item: 'delete' },
};

const refOf = ({ kind }: Target) => ({ group: kind.group, resource: kind.resource });

const subresourceRoute = (target: Target, method: string, name: string): Route => {
  const subresource = knownSubresources(target.kind, target.version.version).find(
    (item) => item.name === name,
  );
  // The handler of custom objects says it of the object.
  if (subresource === undefined && target.kind.custom === true)
    throw notFound(refOf(target), target.name ?? '');
  if (subresource === undefined) throw resourceNotFound();
  const verb = method === 'POST' ? 'create' : METHOD_VERBS[method]?.item;
  if (verb === undefined || !subresource.verbs.includes(verb)) throw methodNotAllowed();
  return { target: { ...target, subresource: name }, verb, subresource };
};

const collectionVerb = (
  kind: Kind,
  namespace: string,
  method: string,
  watching: boolean,
): Verb | undefined => {
  const verb = METHOD_VERBS[method]?.collection;
  // Across all namespaces there are only lists and watches.
  if (kind.namespaced && namespace === '' && method !== 'GET') return undefined;
  return verb === 'list' && watching ? 'watch' : verb;
};

/** Whether a group is the server's own: what it does not serve below it, it refuses with a Status, not with a page. */
export const isBuiltinGroup = (catalog: Catalog, group: string): boolean =>
  group === '' || catalog.all().some((kind) => kind.custom !== true && kind.group === group);

/**
 * Finds the route of a resource request. Throws 404 for resources, subresources and scopes that are not served,
 * 405 for methods they do not have.
 */
export const findRoute = (catalog: Catalog, info: ResourceRequest, method: string): Route => {
  const resolved = catalog.resource(info.group, info.version, info.resource);
  if (resolved === undefined || info.parts.includes('')) throw resourceNotFound();
  const { kind } = resolved;
  const namespace = kind.namespaced ? info.namespace : '';
  const onNamespaces = info.resource === 'namespaces' && kind.group === '';
  if (!kind.namespaced && info.namespace !== '' && !onNamespaces) throw resourceNotFound();
  const name = info.parts[1];
  const scope: Target = { ...resolved, namespace };
  if (info.watchPrefix) {
    if (method !== 'GET' || !kind.verbs.includes('watch')) throw methodNotAllowed();
    return { target: name === undefined ? scope : { ...scope, name }, verb: 'watch' };
  }
  if (name === undefined) {
    const verb = collectionVerb(kind, namespace, method, info.verb === 'watch');
    if (verb === 'watch' && !kind.verbs.includes('watch') && kind.verbs.includes('list'))
      throw methodNotSupported(refOf(scope), 'watch');
    if (verb === undefined || !kind.verbs.includes(verb)) throw methodNotAllowed();
    return { target: scope, verb };
  }
  if (kind.namespaced && namespace === '') throw resourceNotFound();
  const target: Target = { ...scope, name };
  if (info.subresource !== '') {
    if (info.parts.length > 3 && info.subresource !== 'proxy') throw resourceNotFound();
    return subresourceRoute(target, method, info.subresource);
  }
  const verb = METHOD_VERBS[method]?.item;
  if (verb === undefined || !kind.verbs.includes(verb)) throw methodNotAllowed();
  return { target, verb };
};

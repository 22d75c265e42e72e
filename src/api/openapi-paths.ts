/** The routes of a resource as OpenAPI paths, enough for kubectl to find kinds and query parameters. */

import type { Kind, ServedVersion, Verb } from '../kinds/define.ts';
import type { Json, OpenApiVersion } from './openapi-schemas.ts';
import { knownSubresources } from './target.ts';

/** A body's reference by kind; absent when the kind has no definition. */
export type BodyReference = (group: string, version: string, kind: string) => Json | undefined;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const JSON_TYPE = 'application/json';
const PRODUCES = [JSON_TYPE, 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const STREAMS = [`${JSON_TYPE};stream=watch`, 'application/vnd.kubernetes.protobuf;stream=watch'];
const PATCHES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
/** Custom resources have no strategic patch. kubectl believes this list: what it finds here is what it sends. */
const CUSTOM_PATCHES = PATCHES.slice(0, -1);

const LIST: readonly (readonly [string, string])[] = [
  ['allowWatchBookmarks', 'boolean'],
  ['continue', 'string'],
  ['fieldSelector', 'string'],
  ['labelSelector', 'string'],
  ['limit', 'integer'],
  ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'],
  ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'],
  ['watch', 'boolean'],
];
const WRITE: readonly (readonly [string, string])[] = [
  ['dryRun', 'string'],
  ['fieldManager', 'string'],
  ['fieldValidation', 'string'],
];
const DELETE: readonly (readonly [string, string])[] = [
  ['dryRun', 'string'],
  ['gracePeriodSeconds', 'integer'],
  ['orphanDependents', 'boolean'],
  ['propagationPolicy', 'string'],
];

const QUERY: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  list: LIST,
  create: WRITE,
  update: WRITE,
  patch: [...WRITE, ['force', 'boolean']],
  delete: DELETE,
  deletecollection: [
    ...DELETE,
    ...LIST.filter(([name]) => name !== 'watch' && name !== 'allowWatchBookmarks'),
  ],
};

interface OperationFacts {
  /** How Kubernetes names the operation in `x-kubernetes-action`. */
  readonly action: string;
  readonly method: string;
  /** First word of the operation id. */
  readonly word: string;
}

const OPERATIONS: Readonly<Record<string, OperationFacts>> = {
  list: { action: 'list', method: 'get', word: 'list' },
  create: { action: 'post', method: 'post', word: 'create' },
  deletecollection: { action: 'deletecollection', method: 'delete', word: 'deleteCollection' },
  get: { action: 'get', method: 'get', word: 'read' },
  update: { action: 'put', method: 'put', word: 'replace' },
  patch: { action: 'patch', method: 'patch', word: 'patch' },
  delete: { action: 'delete', method: 'delete', word: 'delete' },
};

const title = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const groupTitle = (group: string): string => (group === '' ? 'Core' : title(group.split('.')[0] ?? ''));

/** What the operations of one path share. */
interface PathFacts {
  readonly path: string;
  readonly verbs: readonly Verb[];
  /** Middle of operation ids: `CoreV1Namespaced`. */
  readonly scope: string;
  /** End of operation ids: `PodStatus`. */
  readonly suffix: string;
  readonly tag: string;
  /** Media types of patches. */
  readonly patches: readonly string[];
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly body?: Json;
  readonly answer?: Json;
}

const parameter = (version: OpenApiVersion, name: string, type: string, place: 'query' | 'path'): Json => {
  const head: Json = { name, in: place, ...(place === 'path' ? { required: true } : {}) };
  return version === 3
    ? { ...head, schema: { type, uniqueItems: true } }
    : { ...head, type, uniqueItems: true };
};

const content = (types: readonly string[], schema: Json): Json =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** Makes the paths of resources for one document. */
export interface PathPrinter {
  /** All paths of one resource at one version. */
  resource(kind: Kind, version: ServedVersion): Json;
  /** A path that answers a GET with some type, e.g. a list of resources. */
  plain(path: string, operationId: string, tag: string, schema: Json | undefined): Json;
}

/** A printer for one document; `bodyOf` finds references, `referenceTo` makes those to meta/v1. */
export const makePathPrinter = (
  version: OpenApiVersion,
  bodyOf: BodyReference,
  referenceTo: (name: string) => Json,
): PathPrinter => {
  const requestBody = (verb: Verb, facts: PathFacts): Json => {
    if (verb === 'patch') {
      const schema = referenceTo(`${META}.Patch`);
      return version === 3
        ? { requestBody: { content: content(facts.patches, schema), required: true } }
        : { consumes: facts.patches };
    }
    const isDelete = verb === 'delete' || verb === 'deletecollection';
    const schema = isDelete ? referenceTo(`${META}.DeleteOptions`) : facts.body;
    if (schema === undefined || verb === 'get' || verb === 'list')
      return version === 3 ? {} : { consumes: ['*/*'] };
    return version === 3
      ? { requestBody: { content: content(['*/*'], schema), ...(isDelete ? {} : { required: true }) } }
      : { consumes: ['*/*'] };
  };

  const bodyParameter = (verb: Verb, facts: PathFacts): readonly Json[] => {
    if (version === 3 || verb === 'get' || verb === 'list') return [];
    const isDelete = verb === 'delete' || verb === 'deletecollection';
    const schema =
      verb === 'patch'
        ? referenceTo(`${META}.Patch`)
        : isDelete
          ? referenceTo(`${META}.DeleteOptions`)
          : facts.body;
    if (schema === undefined) return [];
    return [{ in: 'body', name: 'body', ...(isDelete ? {} : { required: true }), schema }];
  };

  const responses = (verb: Verb, facts: PathFacts): Json => {
    const isDelete = verb === 'delete' || verb === 'deletecollection';
    const schema = isDelete ? referenceTo(`${META}.Status`) : facts.answer;
    const types = verb === 'list' ? [...PRODUCES, ...STREAMS] : PRODUCES;
    const answer = (description: string): Json => ({
      description,
      ...(schema === undefined ? {} : version === 3 ? { content: content(types, schema) } : { schema }),
    });
    const codes: Json = { 200: answer('OK') };
    if (verb === 'create' || verb === 'update' || verb === 'patch') codes['201'] = answer('Created');
    if (verb === 'create' || verb === 'delete') codes['202'] = answer('Accepted');
    codes['401'] = { description: 'Unauthorized' };
    return codes;
  };

  const operation = (verb: Verb, facts: PathFacts): readonly [string, Json] | undefined => {
    const about = OPERATIONS[verb];
    if (about === undefined) return undefined;
    const query = (QUERY[verb] ?? []).map(([name, type]) => parameter(version, name, type, 'query'));
    const parameters = [...bodyParameter(verb, facts), ...query];
    return [
      about.method,
      {
        tags: [facts.tag],
        operationId: `${about.word}${facts.scope}${facts.suffix}`,
        ...requestBody(verb, facts),
        ...(version === 2 ? { produces: PRODUCES, schemes: ['https'] } : {}),
        ...(parameters.length === 0 ? {} : { parameters }),
        responses: responses(verb, facts),
        'x-kubernetes-action': about.action,
        'x-kubernetes-group-version-kind': facts.kind,
      },
    ];
  };

  const pathItem = (facts: PathFacts): Json => {
    const item: Json = {};
    for (const verb of facts.verbs) {
      const made = operation(verb, facts);
      if (made) item[made[0]] = made[1];
    }
    const names = [...facts.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    item['parameters'] = [
      ...names.map((name) => parameter(version, name, 'string', 'path')),
      parameter(version, 'pretty', 'string', 'query'),
    ];
    return item;
  };

  const resource = (kind: Kind, served: ServedVersion): Json => {
    const { group, version: name } = served;
    const root = group === '' ? `/api/${name}` : `/apis/${group}/${name}`;
    const base = kind.namespaced
      ? `${root}/namespaces/{namespace}/${kind.resource}`
      : `${root}/${kind.resource}`;
    const where = `${groupTitle(group)}${title(name)}`;
    const scope = `${where}${kind.namespaced ? 'Namespaced' : ''}`;
    const gvk = { group, version: name, kind: kind.kind };
    const tag = `${groupTitle(group).toLowerCase()}_${name}`;
    const one = bodyOf(group, name, kind.kind);
    const many = bodyOf(group, name, kind.listKind);
    const patches = kind.custom === true ? CUSTOM_PATCHES : PATCHES;
    const shared = { tag, patches, kind: gvk, ...(one === undefined ? {} : { body: one, answer: one }) };
    const paths: Json = {};
    const add = (path: string, facts: Omit<PathFacts, 'path' | 'tag' | 'patches'>): void => {
      const made = pathItem({ path, tag, patches, ...facts });
      if (Object.keys(made).length > 1) paths[path] = made;
    };
    const has = (verbs: readonly Verb[]): readonly Verb[] =>
      verbs.filter((verb) => kind.verbs.includes(verb));
    const collection = has(['list', 'create', 'deletecollection']);
    const listed = { ...shared, ...(many === undefined ? {} : { answer: many }) };
    add(base, { ...shared, verbs: collection, scope, suffix: kind.kind });
    const made = paths[base] as Json | undefined;
    if (made?.['get'] !== undefined) {
      const list = operation('list', { ...listed, path: base, verbs: ['list'], scope, suffix: kind.kind });
      if (list) made[list[0]] = list[1];
    }
    if (kind.virtual !== true)
      add(`${base}/{name}`, {
        ...shared,
        verbs: has(['get', 'update', 'patch', 'delete']),
        scope,
        suffix: kind.kind,
      });
    if (kind.namespaced && kind.virtual !== true)
      add(`${root}/${kind.resource}`, {
        ...listed,
        verbs: has(['list']),
        scope: where,
        suffix: `${kind.kind}ForAllNamespaces`,
      });
    for (const sub of knownSubresources(kind, name)) {
      const body = bodyOf(sub.group, sub.version, sub.kind);
      add(`${base}/{name}/${sub.name}`, {
        verbs: sub.verbs,
        scope,
        suffix: `${kind.kind}${title(sub.name)}`,
        kind: { group: sub.group, version: sub.version, kind: sub.kind },
        ...(body === undefined ? {} : { body, answer: body }),
      });
    }
    return paths;
  };

  return {
    resource,
    plain: (path, operationId, tag, schema) => ({
      [path]: {
        get: {
          tags: [tag],
          operationId,
          ...(version === 2 ? { consumes: PRODUCES, produces: PRODUCES, schemes: ['https'] } : {}),
          responses: {
            200: {
              description: 'OK',
              ...(schema === undefined
                ? {}
                : version === 3
                  ? { content: content(PRODUCES, schema) }
                  : { schema }),
            },
            401: { description: 'Unauthorized' },
          },
        },
      },
    }),
  };
};

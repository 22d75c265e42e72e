/** Custom resource definitions of the conformance tests, and what they publish. */

import { Harness } from '../../support/harness.ts';

/** Header of a merge patch. */
export const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Header of a server-side apply. */
export const APPLY = { 'content-type': 'application/apply-patch+yaml' };

/** Path of ConfigMaps. */
export const MAPS = '/api/v1/namespaces/default/configmaps';

/** Path of the definitions. */
export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A cluster without nodes. */
export const fresh = (): Harness => new Harness({ settings: { nodes: [] } });

/** A version of a definition; `schema` is SCHEMA unless given. */
export interface Version {
  readonly name: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  readonly schema?: object;
}

/** A closed schema. */
export const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { cronSpec: { type: 'string' }, ports: { type: 'array', items: { type: 'integer' } } },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

/** A schema that keeps everything. */
export const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A definition of a namespaced kind. */
export const definition = (kind: string, group: string, versions: readonly Version[], more: object = {}) => {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map(({ name, served = true, storage = false, schema = SCHEMA }) => ({
        name,
        served,
        storage,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      })),
      ...more,
    },
  };
};

/** Stores a definition and waits until it is served. */
export const define = (harness: Harness, body: object): void => {
  harness.expect(201, 'POST', DEFINITIONS, { body });
  harness.settle(2000);
};

/** A cluster with the kind Foo. */
export const one = (schema: object = SCHEMA): Harness => {
  const harness = fresh();
  define(harness, definition('Foo', 'example.com', [{ name: 'v1', storage: true, schema }]));
  return harness;
};

/** Path of the Foos. */
export const FOOS = '/apis/example.com/v1/namespaces/default/foos';

/** What is read of OpenAPI v2. */
export interface Swagger {
  readonly definitions: Readonly<Record<string, object>>;
}

/** The schemas of OpenAPI v2. */
export const swagger = (harness: Harness): Swagger['definitions'] =>
  harness.get<Swagger>('/openapi/v2').definitions;

/** Names of the kinds of example.com that OpenAPI v2 has. */
export const published = (harness: Harness): readonly string[] =>
  Object.keys(swagger(harness)).filter((name) => /^com\.example\./.test(name) && !name.endsWith('List'));

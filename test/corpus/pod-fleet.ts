import type { KubeObject } from '../../src/machinery/object.ts';
import type { Harness } from '../support/harness.ts';

type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields of OpenAPI that a structural schema has too. */
const KEPT = new Set([
  'type',
  'format',
  'required',
  'description',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
]);

/** A published schema with its references written out, as controller-gen writes a Go type into a definition. */
const writeOut = (schemas: Json, schema: unknown): Json => {
  if (!isMap(schema)) return {};
  const [all] = Array.isArray(schema['allOf']) ? schema['allOf'] : [];
  const target = isMap(all) ? all : schema;
  const name =
    typeof target['$ref'] === 'string' ? target['$ref'].replace('#/components/schemas/', '') : undefined;
  const body = name === undefined ? schema : schemas[name];
  if (!isMap(body)) return {};
  if (name?.endsWith('.Quantity') === true || name?.endsWith('.IntOrString') === true)
    return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
  const result: Json = Object.fromEntries(Object.entries(body).filter(([key]) => KEPT.has(key)));
  if (typeof schema['description'] === 'string') result['description'] = schema['description'];
  if (result['format'] === 'int-or-string') delete result['format'];
  if (isMap(body['properties']))
    result['properties'] = Object.fromEntries(
      Object.entries(body['properties']).map(([key, value]) => [key, writeOut(schemas, value)]),
    );
  if (isMap(body['items'])) result['items'] = writeOut(schemas, body['items']);
  if (isMap(body['additionalProperties']))
    result['additionalProperties'] = writeOut(schemas, body['additionalProperties']);
  if (result['type'] === undefined) result['x-kubernetes-preserve-unknown-fields'] = true;
  return withKeysRequired(result);
};

/** Keys of a map list must be required or have a default. */
const withKeysRequired = (schema: Json): Json => {
  const keys = schema['x-kubernetes-list-map-keys'];
  const { items } = schema;
  if (!Array.isArray(keys) || !isMap(items) || !isMap(items['properties'])) return schema;
  const properties = { ...items['properties'] };
  for (const key of keys) {
    if (key === 'protocol') properties[key] = { ...(properties[key] as Json), default: 'TCP' };
  }
  const required = [...new Set([...((items['required'] as string[] | undefined) ?? []), ...keys])];
  return {
    ...schema,
    items: { ...items, properties, required: required.filter((key) => key !== 'protocol') },
  };
};

/**
 * A definition in the manner of the Prometheus operator's: hundreds of kilobytes, as it embeds a whole pod spec, made
 * from the documents the server itself publishes; and an object of it.
 */
export const podFleet = (harness: Harness): readonly [definition: KubeObject, object: KubeObject] => {
  const { components } = harness.get<{ components: { schemas: Json } }>('/openapi/v3/api/v1' as string);
  const podSpec = writeOut(components.schemas, { $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' });
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { replicas: { type: 'integer', default: 1 }, podSpec },
      },
    },
  };
  return [
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'podfleets.large.example.com' },
      spec: {
        group: 'large.example.com',
        scope: 'Namespaced',
        names: { kind: 'PodFleet', plural: 'podfleets', singular: 'podfleet' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    } as unknown as KubeObject,
    {
      apiVersion: 'large.example.com/v1',
      kind: 'PodFleet',
      metadata: { name: 'fleet', namespace: 'default' },
      spec: {
        replicas: 3,
        podSpec: {
          nodeSelector: { zone: 'a' },
          tolerations: [{ key: 'a', operator: 'Exists' }],
          volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }],
          containers: [
            {
              name: 'main',
              image: 'nginx',
              ports: [{ containerPort: 80, protocol: 'TCP' }],
              env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }],
              resources: { limits: { cpu: 2, memory: '1Gi' } },
              volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
            },
          ],
        },
      },
    } as unknown as KubeObject,
  ];
};

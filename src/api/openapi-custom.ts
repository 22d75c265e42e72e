/** Definitions of custom kinds in OpenAPI documents (upstream: apiextensions-apiserver, controller/openapi/builder). */

import type { Kind, ServedVersion } from '../kinds/define.ts';
import { definition } from '../kinds/schema-facts.ts';
import type { Descriptions } from '../machinery/descriptions.ts';
import type { Json, OpenApiVersion, SchemaPrinter } from './openapi-schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** OpenAPI name of a custom type: the group backwards, then version and kind. */
export const customName = (group: string, version: string, kind: string): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/** What Swagger 2.0 and the clients that check by it cannot say. */
const NOT_IN_SWAGGER: ReadonlySet<string> = new Set([
  'nullable',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'default',
  'x-kubernetes-validations',
]);

/** Members whose values are schemas by name, not a schema. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'definitions']);

const swaggerNames = (value: unknown): unknown =>
  Object.fromEntries(Object.entries(value as Json).map(([name, each]) => [name, forSwagger(each)]));

/**
 * A defined schema as `/openapi/v2` shows it: a value that may be null or of several types has no type, and what
 * keeps unknown fields has no properties, as old clients would refuse what they do not find.
 */
const forSwagger = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const from = schema as Json;
  const keepsUnknown = from['x-kubernetes-preserve-unknown-fields'] === true;
  const isLoose = from['nullable'] === true || from['x-kubernetes-int-or-string'] === true;
  const result: Json = {};
  for (const [name, value] of Object.entries(from)) {
    if (NOT_IN_SWAGGER.has(name)) continue;
    if ((isLoose || keepsUnknown) && ['type', 'properties', 'items', 'additionalProperties'].includes(name)) {
      if (name !== 'type' || isLoose) continue;
    }
    if (NAMED.has(name)) result[name] = swaggerNames(value);
    else if (name === 'items' || name === 'additionalProperties') result[name] = forSwagger(value);
    else result[name] = value;
  }
  return result;
};

/** What a document about custom kinds is printed with. */
export interface CustomPrinting {
  readonly descriptions?: Descriptions;
  readonly customSchema?: (kind: Kind, version: ServedVersion) => Readonly<Json> | undefined;
}

const REFERENCE_META = `${META}.ObjectMeta`;

/** Prose of the fields every object has, borrowed from a type that has them. */
const typeProse = (
  descriptions: Descriptions | undefined,
  kind: string,
): Readonly<Record<string, string | undefined>> => descriptions?.[`${META}.${kind}`]?.[1] ?? {};

const described = (text: string | undefined, body: Json): Json =>
  text === undefined || text === '' ? body : { description: text, ...body };

/** Definitions of a custom kind and of its list, by name. */
export const printCustom = (
  document: OpenApiVersion,
  { kind, version }: { readonly kind: Kind; readonly version: ServedVersion },
  schemas: SchemaPrinter,
  options: CustomPrinting,
): Json => {
  const name = customName(version.group, version.version, kind.kind);
  const objectMeta = definition(REFERENCE_META);
  const listMeta = definition(`${META}.ListMeta`);
  const raw = options.customSchema?.(kind, version);
  const shown = raw !== undefined && document === 2 ? (forSwagger(raw) as Json) : raw;
  const body: Json = shown ? { ...shown } : schemas.inline(version.schema);
  const prose = typeProse(options.descriptions, 'Status');
  const apiVersion = described(prose['apiVersion'], { type: 'string' });
  const kindField = described(prose['kind'], { type: 'string' });
  const meta = (reference: Json, about: string): Json =>
    document === 2 ? { ...reference, description: about } : { description: about, allOf: [reference] };
  const gvk = (of: string): Json => ({
    'x-kubernetes-group-version-kind': [{ group: version.group, version: version.version, kind: of }],
  });
  const properties = {
    ...((body['properties'] as Json | undefined) ?? {}),
    apiVersion,
    kind: kindField,
    ...(objectMeta
      ? {
          metadata: meta(
            schemas.reference(objectMeta),
            `Standard object's metadata. More info: ${CONVENTIONS}#metadata`,
          ),
        }
      : {}),
  };
  return {
    [name]: { ...body, type: 'object', properties, ...gvk(kind.kind) },
    [customName(version.group, version.version, kind.listKind)]: {
      description: `${kind.listKind} is a list of ${kind.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion,
        items: {
          description: `List of ${kind.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: schemas.referenceTo(name),
        },
        kind: kindField,
        ...(listMeta
          ? {
              metadata: meta(
                schemas.reference(listMeta),
                `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`,
              ),
            }
          : {}),
      },
      ...gvk(kind.listKind),
    },
  };
};

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

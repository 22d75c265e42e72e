/**
 * The internal form of a definition, which upstream validates and prints: what all versions have in common stands
 * once, on top (apiextensions v1 conversion).
 */

import { deepEqual } from '../../machinery/deep.ts';
import type { Props, RuleProps } from '../../machinery/structural/props.ts';
import { printedRule } from '../../machinery/structural/validate-rules.ts';
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../generated/types.ts';

type Version = CustomResourceDefinitionVersion;

/** Parts that may stand on top. */
export type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';

/** Whether a part is the same in all versions and therefore stands on top. */
export const isHoisted = (spec: CustomResourceDefinitionSpec, part: Part): boolean => {
  const versions = spec.versions ?? [];
  const [first] = versions;
  return first !== undefined && versions.every((version) => deepEqual(version[part], first[part]));
};

const SCHEMA_FIELDS: readonly (readonly [string, string, unknown])[] = [
  ['ID', 'id', ''],
  ['Schema', '$schema', ''],
  ['Ref', '$ref', null],
  ['Description', 'description', ''],
  ['Type', 'type', ''],
  ['Nullable', 'nullable', false],
  ['Format', 'format', ''],
  ['Title', 'title', ''],
  ['Default', 'default', null],
  ['Maximum', 'maximum', null],
  ['ExclusiveMaximum', 'exclusiveMaximum', false],
  ['Minimum', 'minimum', null],
  ['ExclusiveMinimum', 'exclusiveMinimum', false],
  ['MaxLength', 'maxLength', null],
  ['MinLength', 'minLength', null],
  ['Pattern', 'pattern', ''],
  ['MaxItems', 'maxItems', null],
  ['MinItems', 'minItems', null],
  ['UniqueItems', 'uniqueItems', false],
  ['MultipleOf', 'multipleOf', null],
  ['Enum', 'enum', null],
  ['MaxProperties', 'maxProperties', null],
  ['MinProperties', 'minProperties', null],
  ['Required', 'required', null],
  ['Items', 'items', null],
  ['AllOf', 'allOf', null],
  ['OneOf', 'oneOf', null],
  ['AnyOf', 'anyOf', null],
  ['Not', 'not', null],
  ['Properties', 'properties', null],
  ['AdditionalProperties', 'additionalProperties', null],
  ['PatternProperties', 'patternProperties', null],
  ['Dependencies', 'dependencies', null],
  ['AdditionalItems', 'additionalItems', null],
  ['Definitions', 'definitions', null],
  ['ExternalDocs', 'externalDocs', null],
  ['Example', 'example', null],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', null],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', false],
  ['XIntOrString', 'x-kubernetes-int-or-string', false],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', null],
  ['XListType', 'x-kubernetes-list-type', null],
  ['XMapType', 'x-kubernetes-map-type', null],
  ['XValidations', 'x-kubernetes-validations', null],
];

/** A schema as Go prints the internal struct. */
export const schemaForm = (props: Props): unknown => {
  const fields = props as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    SCHEMA_FIELDS.map(([name, key, zero]) => [name, partForm(key, fields[key] ?? zero)]),
  );
};

const partForm = (key: string, value: unknown): unknown => {
  if (value === null || value === undefined || typeof value !== 'object') return value;
  switch (key) {
    case 'x-kubernetes-validations':
      return (value as readonly RuleProps[]).map(printedRule);
    case 'not':
      return schemaForm(value as Props);
    case 'items':
      return { Schema: schemaForm(value as Props), JSONSchemas: null };
    case 'additionalProperties':
      return { Allows: true, Schema: schemaForm(value as Props) };
    case 'allOf':
    case 'oneOf':
    case 'anyOf':
      return (value as readonly Props[]).map(schemaForm);
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Readonly<Record<string, Props>>)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, inner]) => [name, schemaForm(inner)]),
      );
    default:
      return value;
  }
};

const subresourcesForm = (subresources: CustomResourceSubresources): unknown => ({
  Status: subresources.status === undefined ? null : {},
  Scale:
    subresources.scale === undefined
      ? null
      : {
          SpecReplicasPath: subresources.scale.specReplicasPath,
          StatusReplicasPath: subresources.scale.statusReplicasPath,
          LabelSelectorPath: subresources.scale.labelSelectorPath ?? null,
        },
});

const versionForm = (spec: CustomResourceDefinitionSpec, version: Version): unknown => {
  const own = <Value>(part: Part, make: (value: NonNullable<Version[Part]>) => Value): Value | null => {
    const value = version[part];
    return value === undefined || isHoisted(spec, part) ? null : make(value);
  };
  return {
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: own('schema', () => ({
      OpenAPIV3Schema: schemaForm((version.schema?.openAPIV3Schema ?? {}) as Props),
    })),
    Subresources: own('subresources', () => subresourcesForm(version.subresources ?? {})),
    AdditionalPrinterColumns: own('additionalPrinterColumns', () =>
      (version.additionalPrinterColumns ?? []).map((column) => ({
        Name: column.name,
        Type: column.type,
        Format: column.format ?? '',
        Description: column.description ?? '',
        Priority: column.priority ?? 0,
        JSONPath: column.jsonPath,
      })),
    ),
    SelectableFields: own('selectableFields', () =>
      (version.selectableFields ?? []).map(({ jsonPath }) => ({ JSONPath: jsonPath })),
    ),
  };
};

/** The versions as upstream's messages print them; `null` when there is no list. */
export const printedVersions = (spec: CustomResourceDefinitionSpec): unknown =>
  spec.versions === undefined || spec.versions === null
    ? null
    : spec.versions.map((version) => versionForm(spec, version));

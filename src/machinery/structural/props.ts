/** The part of JSON Schema that CustomResourceDefinitions are written in, as it stands in a stored definition. */

/** One `x-kubernetes-validations` rule. */
export interface RuleProps {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** A node of `openAPIV3Schema` (apiextensions.k8s.io/v1 JSONSchemaProps). */
export interface Props {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly multipleOf?: number;
  readonly enum?: readonly unknown[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly items?: Props | readonly Props[];
  readonly allOf?: readonly Props[];
  readonly oneOf?: readonly Props[];
  readonly anyOf?: readonly Props[];
  readonly not?: Props;
  readonly properties?: Readonly<Record<string, Props>>;
  readonly additionalProperties?: Props | boolean;
  readonly patternProperties?: Readonly<Record<string, Props>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly additionalItems?: Props | boolean;
  readonly definitions?: Readonly<Record<string, Props>>;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly RuleProps[];
}

/** The schema of list items; the list form of `items` is refused before anybody reads it. */
export const itemsOf = (props: Props): Props | undefined =>
  props.items === undefined || Array.isArray(props.items) ? undefined : (props.items as Props);

/** The schema of members without a property of their own; `undefined` when there is none. */
export const additionalOf = (props: Props): Props | undefined =>
  typeof props.additionalProperties === 'object' ? props.additionalProperties : undefined;

/** Properties in name order. */
export const propertiesOf = (props: Props): readonly (readonly [string, Props])[] =>
  Object.entries(props.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

export const isIntOrString = (props: Props): boolean => props['x-kubernetes-int-or-string'] === true;

export const isEmbedded = (props: Props): boolean => props['x-kubernetes-embedded-resource'] === true;

export const preservesUnknown = (props: Props): boolean =>
  props['x-kubernetes-preserve-unknown-fields'] === true;

const NESTED_ONE = ['not', 'items', 'additionalProperties', 'additionalItems'] as const;
const NESTED_LISTS = ['allOf', 'anyOf', 'oneOf'] as const;
const NESTED_MAPS = ['properties', 'patternProperties', 'definitions'] as const;

const isProps = (value: unknown): value is Props => typeof value === 'object' && value !== null;

/** Schemas right below one, wherever they stand in it. */
const schemasBelow = (props: Props): readonly Props[] =>
  [
    ...NESTED_ONE.flatMap((key) => props[key] as Props | readonly Props[] | boolean | undefined),
    ...NESTED_LISTS.flatMap((key) => props[key] ?? []),
    ...NESTED_MAPS.flatMap((key) => Object.values(props[key] ?? {})),
  ].filter(isProps);

/** Whether a schema or one within it is so. */
export const hasSchema = (props: Props | undefined, is: (each: Props) => boolean): boolean =>
  props !== undefined && (is(props) || schemasBelow(props).some((inner) => hasSchema(inner, is)));

/** Whether a schema itself has a field. */
export const states =
  (field: keyof Props) =>
  (props: Props): boolean =>
    props[field] !== undefined && props[field] !== null;

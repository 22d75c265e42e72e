/** From a definition's `openAPIV3Schema` to the schema nodes everything else reads. */

import type { Field, Schema, SchemaType } from '../schema.ts';
import { additionalOf, isEmbedded, isIntOrString, itemsOf, type Props, preservesUnknown } from './props.ts';

const TYPES: ReadonlySet<string> = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

const TEXT: Schema = { type: 'string' };

const fieldOf = (name: string, schema: Schema): Field => ({ name, schema, omit: 'empty', pointer: true });

type ListType = NonNullable<Schema['listType']>;

const listFacts = (props: Props): Partial<Schema> => {
  const listType = props['x-kubernetes-list-type'];
  const keys = props['x-kubernetes-list-map-keys'];
  return {
    ...(listType === undefined ? {} : { listType: listType as ListType }),
    ...(keys === undefined ? {} : { listMapKeys: keys }),
  };
};

const commonFacts = (props: Props): Partial<Schema> => {
  const mapType = props['x-kubernetes-map-type'];
  return {
    ...(props.nullable === true ? { nullable: true } : {}),
    ...(props.default === undefined ? {} : { default: props.default }),
    ...(preservesUnknown(props) ? { preserveUnknownFields: true } : {}),
    ...(isEmbedded(props) ? { embeddedResource: true } : {}),
    ...(mapType === 'atomic' || mapType === 'granular' ? { mapType } : {}),
  };
};

const convert = (props: Props, metadata: Schema, isRoot: boolean): Schema => {
  const facts = commonFacts(props);
  if (isIntOrString(props)) return { ...facts, type: 'string', format: 'int-or-string' };
  const type = TYPES.has(props.type ?? '') ? (props.type as SchemaType) : 'any';
  if (type === 'array') {
    const items = itemsOf(props);
    return {
      ...facts,
      ...listFacts(props),
      type,
      ...(items === undefined ? {} : { items: convert(items, metadata, false) }),
    };
  }
  if (type !== 'object') return { ...facts, type };
  return { ...facts, ...objectParts(props, metadata, isRoot) };
};

const objectParts = (
  props: Props,
  metadata: Schema,
  isRoot: boolean,
): Pick<Schema, 'type' | 'fields' | 'items'> => {
  const additional = additionalOf(props);
  const items =
    additional !== undefined
      ? convert(additional, metadata, false)
      : props.additionalProperties === true
        ? ({ type: 'any' } as const)
        : undefined;
  const fields = new Map<string, Field>();
  for (const [name, inner] of Object.entries(props.properties ?? {})) {
    fields.set(name, fieldOf(name, convert(inner, metadata, false)));
  }
  if (isRoot || isEmbedded(props)) {
    fields.set('apiVersion', fieldOf('apiVersion', TEXT));
    fields.set('kind', fieldOf('kind', TEXT));
    fields.set('metadata', fieldOf('metadata', metadata));
  }
  if (items !== undefined && fields.size === 0) return { type: 'map', items };
  return { type: 'object', fields, ...(items === undefined ? {} : { items }) };
};

/** The node of a whole custom object. `metadata` is the node of ObjectMeta. */
export const schemaOfProps = (props: Props, metadata: Schema): Schema =>
  convert({ ...props, type: 'object' }, metadata, true);

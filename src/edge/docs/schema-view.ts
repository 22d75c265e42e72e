import { type Html, html, markdownLine } from './html.ts';

/** A JSON Schema as it stands in the document. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Named schemas of the document. */
export type Schemas = Readonly<Record<string, Schema>>;

const DEEPEST = 4;

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

const alternatives = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];

/** A type in words. */
export const typeText = (schema: Schema): string => {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const either = alternatives(schema);
  if (either.length > 0) return either.map(typeText).join(' or ');
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'anything' : typeText(schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'anything');
  return schema.format === undefined ? type : `${type} (${schema.format})`;
};

const boundsText = ({ minimum, maximum, minLength, maxLength }: Schema): string | undefined => {
  const isWide = (bound: number | undefined) =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER;
  if (!isWide(minimum) || !isWide(maximum)) {
    return `${isWide(minimum) ? '' : `from ${minimum}`} ${isWide(maximum) ? '' : `to ${maximum}`}`.trim();
  }
  if (maxLength === undefined) return undefined;
  return `${minLength ?? 0} to ${maxLength} characters`;
};

const inside = (schema: Schema, schemas: Schemas): Schema => {
  if (schema.$ref !== undefined) return schemas[nameOf(schema.$ref)] ?? {};
  return schema.type === 'array' && schema.items !== undefined ? inside(schema.items, schemas) : schema;
};

const field = (name: string, schema: Schema, isRequired: boolean, schemas: Schemas, depth: number): Html => {
  const bounds = boundsText(schema);
  const words = [
    schema.description,
    bounds,
    schema.default === undefined ? undefined : `Default: \`${JSON.stringify(schema.default)}\``,
  ].filter((word) => word !== undefined && word !== '');
  return html`<dt><code>${name}</code> <span class="type">${typeText(schema)}</span>${
    isRequired ? html` <span class="required">required</span>` : ''
  }</dt><dd>${markdownLine(words.join('. '))}${fields(schema, schemas, depth + 1)}</dd>`;
};

/** The fields of a schema, those of its parts inside them, as deep as makes sense. */
export const fields = (schema: Schema, schemas: Schemas, depth = 0): Html | undefined => {
  const shown = inside(schema, schemas);
  if (depth >= DEEPEST) return undefined;
  const either = alternatives(shown).filter((one) => inside(one, schemas).properties !== undefined);
  if (either.length > 0) return html`${either.map((one) => fields(one, schemas, depth))}`;
  const entries = Object.entries(shown.properties ?? {});
  if (entries.length === 0) return undefined;
  const required = new Set(shown.required ?? []);
  return html`<dl class="fields">${entries.map(([name, part]) =>
    field(name, part, required.has(name), schemas, depth),
  )}</dl>`;
};

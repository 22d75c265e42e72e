/** Prose of types by OpenAPI definition name: of the type itself, and of its fields by name. */
export type Descriptions = Readonly<
  Record<string, readonly [type: string, fields: Readonly<Record<string, string>>]>
>;

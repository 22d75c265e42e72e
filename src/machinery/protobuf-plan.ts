/** How the fields of a Go struct lie in its protobuf message: by number, with embedded structs nested. */
import type { Field, Schema } from './schema.ts';

/** A message: its own fields and the messages of embedded structs, in ascending order of numbers. */
export interface MessagePlan {
  readonly parts: readonly Part[];
}

export type Part =
  | { readonly number: number; readonly field: Field }
  | { readonly number: number; readonly embedded: MessagePlan };

const plans = new WeakMap<Schema, MessagePlan>();

interface Node {
  readonly fields: Map<number, Field>;
  readonly embedded: Map<number, Node>;
}

const makeNode = (): Node => ({ fields: new Map(), embedded: new Map() });

const finish = (node: Node): MessagePlan => {
  const parts: Part[] = [
    ...[...node.fields].map(([number, field]) => ({ number, field })),
    ...[...node.embedded].map(([number, inner]) => ({ number, embedded: finish(inner) })),
  ];
  return { parts: parts.sort((a, b) => a.number - b.number) };
};

/** The plan of an object node. Fields without a number (`kind`, `apiVersion`) are not in it. */
export const messagePlan = (schema: Schema): MessagePlan => {
  const known = plans.get(schema);
  if (known) return known;
  const root = makeNode();
  for (const field of schema.fields?.values() ?? []) {
    if (field.number === undefined) continue;
    let node = root;
    for (const wrapper of field.wrappers ?? []) {
      const inner = node.embedded.get(wrapper.number) ?? makeNode();
      node.embedded.set(wrapper.number, inner);
      node = inner;
    }
    node.fields.set(field.number, field);
  }
  const plan = finish(root);
  plans.set(schema, plan);
  return plan;
};

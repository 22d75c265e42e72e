import { z } from 'zod';
import { templateSchema } from './schema.ts';

const REFERENCE = { type: 'string', pattern: '^\\$\\{[a-z][a-zA-Z0-9]*\\}$' };
const NUMERIC = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;

interface Node {
  [key: string]: unknown;
}

/** Where a number or a truth value stands, a variable may stand too. */
const allowVariable = (node: Node): void => {
  if (node['type'] !== 'integer' && node['type'] !== 'number' && node['type'] !== 'boolean') return;
  const { description, default: standard, ...value } = node;
  for (const key of Object.keys(node)) delete node[key];
  for (const limit of NUMERIC) {
    if (Math.abs(Number(value[limit])) === Number.MAX_SAFE_INTEGER) delete value[limit];
  }
  Object.assign(node, {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [value, REFERENCE],
  });
};

/** The format as a JSON Schema (2020-12) for editors. */
export const templateJsonSchema = (): unknown => {
  const schema = z.toJSONSchema(templateSchema, {
    io: 'input',
    reused: 'ref',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowVariable(jsonSchema as Node),
  }) as { properties: Record<string, Node> };
  const { manifests } = schema.properties;
  // Documents in a text are expanded before the schema looks at them.
  if (manifests !== undefined) {
    const { description, default: _standard, ...list } = manifests;
    const item = { anyOf: [list['items'], { type: 'string' }] };
    schema.properties['manifests'] = { description, anyOf: [{ ...list, items: item }, { type: 'string' }] };
  }
  return { ...schema, title: 'Kubicle exercise template' };
};

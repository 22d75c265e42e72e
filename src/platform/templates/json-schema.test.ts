import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { templateJsonSchema } from './json-schema.ts';

it('docs/template.schema.json is what scripts/build-template-schema.ts writes', () => {
  const stored = readFileSync(join(import.meta.dirname, '../../../docs/template.schema.json'), 'utf8');
  expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(templateJsonSchema())));
});

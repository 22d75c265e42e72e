/**
 * Writes `docs/template.schema.json`, the JSON Schema of templates for editors, from the schema the server uses.
 *
 *   node scripts/build-template-schema.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateJsonSchema } from '../src/platform/templates/json-schema.ts';

const target = join(import.meta.dirname, '../docs/template.schema.json');
writeFileSync(target, `${JSON.stringify(templateJsonSchema(), null, 2)}\n`);

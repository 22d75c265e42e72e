import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from './workerd-config.ts';

it('local and deployed runtimes behave alike', () => {
  const deployed = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8');
  expect(deployed).toContain(`compatibility_date = "${COMPATIBILITY_DATE}"`);
  expect(deployed).toContain(`compatibility_flags = ${JSON.stringify(COMPATIBILITY_FLAGS)}`);
});

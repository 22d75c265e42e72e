import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const GOLDEN = join(import.meta.dirname, '../../golden/upstream-class-a.json');

const sourcesBelow = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

test('every conformance test that an API server alone can pass has one here, by its name', () => {
  const names = JSON.parse(readFileSync(GOLDEN, 'utf8')) as readonly string[];
  const sources = sourcesBelow(import.meta.dirname) + sourcesBelow(join(import.meta.dirname, '../../e2e'));
  expect(names).toHaveLength(119);
  expect(names.filter((name) => !sources.includes(name))).toEqual([]);
});

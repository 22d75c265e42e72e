import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import checksums from '../checksums.json' with { type: 'json' };
import { migrations } from './index.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder)
  .filter((name) => /^\d{4}-.*\.ts$/.test(name))
  .sort();

test.each(files)('%s is as it was released: append a new migration instead of editing it', (name) => {
  const sum = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
  expect((checksums as Record<string, string>)[`cluster/${name}`]).toBe(sum);
});

test('every migration file is in the list, in order, and nothing else has a checksum', () => {
  expect(migrations.map((migration) => `${migration.id}.ts`)).toEqual(files);
  expect(Object.keys(checksums)).toEqual(files.map((name) => `cluster/${name}`));
});

test('a migration imports nothing but the port types', () => {
  for (const name of files) {
    const text = readFileSync(join(folder, name), 'utf8');
    const imports = [...text.matchAll(/^import .* from '(.*)'/gm)].map((match) => match[1]);
    expect(imports.filter((path) => path !== '../../src/ports.ts')).toEqual([]);
  }
});

/**
 * Writes `dist/descriptions.json`: the prose of built-in types for OpenAPI and `kubectl explain`, read from the type
 * declarations of @kubernetes/client-node. Built, never committed; everything works without it.
 *
 *   node scripts/build-descriptions.ts [FILE]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { facts } from '../src/kinds/generated/facts.ts';
import type { Descriptions } from '../src/machinery/descriptions.ts';

const title = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** client-node gives types that clash the group in front of the version. */
const classNames = (short: string, version: string, type: string): readonly string[] => {
  const group = short.split('.')[0] ?? '';
  return [`${title(group)}${title(version)}${type}`, `${title(version)}${type}`];
};

/** Undoes the escapes of the generator's comments. */
const plain = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
    .replace(/\\(["'`])/g, '$1')
    .replace(/\\n/g, '\n');

const readDeclarations = (text: string): readonly [type: string, fields: Record<string, string>] => {
  const type = /\/\*\*\n([\s\S]*?)\*\/\nexport declare class/.exec(
    text.slice(text.lastIndexOf('/**\n* ')),
  )?.[1];
  const body = text.slice(text.indexOf('export declare class'));
  const fields: Record<string, string> = {};
  for (const match of body.matchAll(/\/\*\*\n([\s\S]*?)\*\/\s*'([^']+)'\??:/g))
    fields[match[2] ?? ''] = plain(match[1] ?? '');
  return [type === undefined ? '' : plain(type), fields];
};

/** Names in the declarations are made fit for TypeScript; the code beside them has the real ones. */
const readBaseNames = (code: string): ReadonlyMap<string, string> =>
  new Map(
    [...code.matchAll(/"name": "([^"]+)",\s*"baseName": "([^"]+)"/g)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );

const readDescriptions = (models: string): Descriptions => {
  const result: Record<string, readonly [string, Record<string, string>]> = {};
  for (const [short, types] of Object.entries(facts.types)) {
    const owner = facts.packages[short];
    if (!owner) continue;
    for (const [type, line] of Object.entries(types)) {
      const found = classNames(short, owner.version, type).find((name) =>
        existsSync(join(models, `${name}.d.ts`)),
      );
      if (found === undefined) continue;
      const [prose, fields] = readDeclarations(readFileSync(join(models, `${found}.d.ts`), 'utf8'));
      const names = readBaseNames(readFileSync(join(models, `${found}.js`), 'utf8'));
      const known = new Set(
        line
          .split('|')
          .slice(1)
          .map((field) => field.split(' ')[0]),
      );
      const byName = Object.entries(fields).map(([name, text]) => [names.get(name) ?? name, text] as const);
      // A class of another type that happens to have the name would share few fields.
      if (byName.some(([name]) => !known.has(name))) continue;
      result[`${owner.prefix}.${type}`] = [prose, Object.fromEntries(byName)];
    }
  }
  return result;
};

/** Writes the descriptions to a file and returns how many types they cover. Takes about a fifth of a second. */
export const buildDescriptions = (file: string): number => {
  const client = dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json'));
  const descriptions = readDescriptions(join(client, 'dist/gen/models'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(descriptions)}\n`);
  return Object.keys(descriptions).length;
};

if (import.meta.main) {
  const file = process.argv[2] ?? join(import.meta.dirname, '../dist/descriptions.json');
  console.log(`${buildDescriptions(file)} types described in ${file}`);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/machinery/object.ts';

const FOLDER = join(import.meta.dirname, '../corpus');
/** Aliases in a definition stand for whole schemas: more of them than the parser allows unasked. */
const ALIASES = 1000;

const read = (folder: string): readonly KubeObject[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => document.toJS({ maxAliasCount: ALIASES }) as KubeObject);

/** Manifests of built-in kinds, by file and place. */
export const builtinManifests = (): readonly KubeObject[] => read(FOLDER);

/** Definitions and objects of theirs; each definition comes before its objects. */
export const customManifests = (): readonly KubeObject[] => read(join(FOLDER, 'custom'));

import { and, count, countDistinct, eq, inArray } from 'drizzle-orm';
import { templateVersions } from '../db/exercises.ts';
import type { PlatformDatabase } from '../db/queries.ts';
import { type Limits, requireWithin } from '../limits.ts';
import type { Owner } from '../ownership.ts';
import { conflictProblem, notFoundProblem } from '../problem.ts';
import { hashSecret, makeId } from '../secrets.ts';
import { builtinNames, builtinTemplate, builtinText } from './builtin.ts';
import { LINT_SEED } from './lint.ts';
import { type LoadedTemplate, loadTemplate, resolveTemplate } from './load.ts';
import { summarise, type TemplateSummary } from './views.ts';

/** A template version that is there for good. */
export interface StoredTemplate {
  readonly loaded: LoadedTemplate;
  readonly source: string;
  readonly summary: TemplateSummary;
  readonly digest: string;
  readonly origin: 'built-in' | 'own';
  /** Row of the version; null for built-in ones. */
  readonly id: string | null;
  readonly createdAt: number | null;
}

/** One line of a list. */
export interface TemplateEntry {
  readonly summary: TemplateSummary;
  readonly origin: 'built-in' | 'own';
  readonly createdAt: number;
  /** What pages are ordered by behind the time; unique. */
  readonly id: string;
}

/** Under which key an owner's templates lie. */
export const ownerKeyOf = ({ accountId, organisationId }: Owner): string => organisationId ?? accountId;

/** Orders versions like 1.10.0 after 1.9.0. */
export const compareVersions = (one: string, other: string): number => {
  const parts = other.split('.').map(Number);
  return one
    .split('.')
    .map((part, index) => Number(part) - (parts[index] ?? 0))
    .reduce((result, difference) => (result === 0 ? difference : result), 0);
};

const builtinCache = new Map<string, Promise<StoredTemplate>>();

const readBuiltin = async (name: string, loaded: LoadedTemplate): Promise<StoredTemplate> => {
  const resolved = resolveTemplate(loaded, LINT_SEED);
  if (!resolved.ok) throw new Error(`the built-in template ${name} does not resolve`);
  const source = builtinText(name) ?? '';
  return {
    loaded,
    source,
    summary: summarise(resolved.template),
    digest: await hashSecret(source),
    origin: 'built-in',
    id: null,
    createdAt: null,
  };
};

const builtin = (name: string): Promise<StoredTemplate> | undefined => {
  const loaded = builtinTemplate(name);
  if (loaded === undefined) return undefined;
  let known = builtinCache.get(name);
  if (known === undefined) {
    known = readBuiltin(name, loaded);
    builtinCache.set(name, known);
  }
  return known;
};

type Row = typeof templateVersions.$inferSelect;

const fromRow = (row: Row): StoredTemplate => {
  const loaded = loadTemplate(row.source);
  if (!loaded.ok) throw new Error(`the stored template ${row.name}@${row.version} cannot be read`);
  return {
    loaded: loaded.template,
    source: row.source,
    summary: row.summary as unknown as TemplateSummary,
    digest: row.digest,
    origin: 'own',
    id: row.id,
    createdAt: row.createdAt,
  };
};

/** Versions by owner and name, newest first. */
const versionsOf = async (
  db: PlatformDatabase,
  ownerKeys: readonly string[],
  name: string,
): Promise<readonly { readonly id: string; readonly version: string; readonly ownerKey: string }[]> => {
  const rows = await db
    .select({
      id: templateVersions.id,
      version: templateVersions.version,
      ownerKey: templateVersions.ownerKey,
    })
    .from(templateVersions)
    .where(and(inArray(templateVersions.ownerKey, [...ownerKeys]), eq(templateVersions.name, name)));
  return rows.sort((one, other) => compareVersions(other.version, one.version));
};

/** Versions read lately. They never change, so that what is here is right for as long as the row is there. */
const versionCache = new Map<string, StoredTemplate>();
const CACHED_VERSIONS = 200;

const remember = (id: string, stored: StoredTemplate): StoredTemplate => {
  const [oldest] = versionCache.keys();
  if (versionCache.size >= CACHED_VERSIONS && oldest !== undefined) versionCache.delete(oldest);
  versionCache.set(id, stored);
  return stored;
};

/** A stored version by its row, whoever asks. */
export const readVersion = async (db: PlatformDatabase, id: string): Promise<StoredTemplate> => {
  const known = versionCache.get(id);
  if (known !== undefined) return known;
  const [row] = await db.select().from(templateVersions).where(eq(templateVersions.id, id)).limit(1);
  if (row === undefined) throw notFoundProblem('template');
  return remember(id, fromRow(row));
};

/** All versions of a template, newest first, built-in ones included. Empty when there is none. */
export const listVersions = async (
  db: PlatformDatabase,
  ownerKeys: readonly string[],
  name: string,
): Promise<readonly string[]> => {
  const known = await builtin(name);
  if (known !== undefined) return [known.summary.version];
  return (await versionsOf(db, ownerKeys, name)).map(({ version }) => version);
};

/**
 * Finds a template: a built-in one, or one of these owners (the first has precedence); the newest version unless one
 * is named. Throws a 404 problem.
 */
export const findTemplate = async (
  db: PlatformDatabase,
  ownerKeys: readonly string[],
  name: string,
  version: string | undefined,
): Promise<StoredTemplate> => {
  const known = await builtin(name);
  if (known !== undefined) {
    if (version !== undefined && version !== known.summary.version) throw notFoundProblem('template version');
    return known;
  }
  const found = await versionsOf(db, ownerKeys, name);
  if (found.length === 0) throw notFoundProblem('template');
  for (const ownerKey of ownerKeys) {
    const own = found.filter((row) => row.ownerKey === ownerKey);
    const chosen = version === undefined ? own[0] : own.find((row) => row.version === version);
    if (chosen !== undefined) return readVersion(db, chosen.id);
  }
  throw notFoundProblem('template version');
};

/** The newest version of every template that these owners see: built-in ones first, then their own by age. */
export const listTemplates = async (
  db: PlatformDatabase,
  ownerKeys: readonly string[],
): Promise<readonly TemplateEntry[]> => {
  const known = await Promise.all(builtinNames().map((name) => builtin(name)));
  const builtins = known.flatMap((each, index) =>
    each === undefined
      ? []
      : [
          {
            summary: each.summary,
            origin: 'built-in' as const,
            createdAt: 0,
            id: String(index).padStart(6, '0'),
          },
        ],
  );
  const rows = await db
    .select({
      id: templateVersions.id,
      name: templateVersions.name,
      version: templateVersions.version,
      summary: templateVersions.summary,
      createdAt: templateVersions.createdAt,
    })
    .from(templateVersions)
    .where(inArray(templateVersions.ownerKey, [...ownerKeys]));
  const newest = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const other = newest.get(row.name);
    if (other === undefined || compareVersions(row.version, other.version) > 0) newest.set(row.name, row);
  }
  const own = [...newest.values()]
    .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))
    .map(({ summary, createdAt, id }) => ({
      summary: summary as unknown as TemplateSummary,
      origin: 'own' as const,
      createdAt,
      id,
    }));
  return [...builtins, ...own];
};

/** A version about to be published; it has been proven. */
export interface NewVersion {
  readonly owner: Owner;
  readonly source: string;
  readonly summary: TemplateSummary;
  /** `new`: the name must be free; `next`: it must be there. */
  readonly as: 'new' | 'next';
}

/**
 * Stores a version for good. The same text again is the version that is there; another text under the same version is
 * a 409 problem, as is a name that is taken (or, for a next version, a 404 for one that is not there).
 */
export const publishVersion = async (
  db: PlatformDatabase,
  { owner, source, summary, as }: NewVersion,
  limits: Limits,
  now: number,
): Promise<{ readonly stored: StoredTemplate; readonly isNew: boolean }> => {
  const { name, version } = summary;
  if (builtinTemplate(name) !== undefined) throw conflictProblem(`"${name}" is a built-in template`);
  const ownerKey = ownerKeyOf(owner);
  const digest = await hashSecret(source);
  const known = await versionsOf(db, [ownerKey], name);
  const same = known.find((row) => row.version === version);
  if (same !== undefined) {
    const stored = await readVersion(db, same.id);
    if (stored.digest === digest) return { stored, isNew: false };
    throw conflictProblem(`version ${version} of "${name}" is published and never changes; choose another`);
  }
  if (as === 'new' && known.length > 0)
    throw conflictProblem(`there is a template "${name}"; publish a version of it`);
  if (as === 'next' && known.length === 0) throw notFoundProblem('template');
  const row: Row = {
    id: makeId('tv'),
    accountId: owner.accountId,
    organisationId: owner.organisationId,
    ownerKey,
    name,
    version,
    digest,
    summary: summary as unknown as Record<string, unknown>,
    source,
    createdAt: now,
  };
  const inserted = await db.insert(templateVersions).values(row).onConflictDoNothing().returning();
  if (inserted.length === 0) throw conflictProblem(`version ${version} of "${name}" was published just now`);
  const [counted] = await db
    .select({ names: countDistinct(templateVersions.name), rows: count() })
    .from(templateVersions)
    .where(eq(templateVersions.accountId, owner.accountId));
  try {
    requireWithin(limits, 'templates', counted?.names ?? 0);
  } catch (error) {
    await db.delete(templateVersions).where(eq(templateVersions.id, row.id));
    throw error;
  }
  return { stored: fromRow(row), isNew: true };
};

/** Deletes everything an owner published, for when all of it goes. */
export const deleteTemplatesOf = async (db: PlatformDatabase, owner: Owner): Promise<void> => {
  await db.delete(templateVersions).where(eq(templateVersions.ownerKey, ownerKeyOf(owner)));
};

/** An organisation's templates that a leaving account published become another member's to count. */
export const handOverTemplates = async (
  db: PlatformDatabase,
  organisationId: string,
  from: string,
  to: string,
): Promise<void> => {
  await db
    .update(templateVersions)
    .set({ accountId: to })
    .where(and(eq(templateVersions.organisationId, organisationId), eq(templateVersions.accountId, from)));
};

import { and, asc, count, eq, gt, or } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { apiKeys } from './db/schema.ts';
import { type Limits, requireWithin } from './limits.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { notFoundProblem } from './problem.ts';
import { hashSecret, makeId, makeSecret } from './secrets.ts';

/** API keys start with this, so that they are recognised without a look-up and found by secret scanners. */
export const API_KEY_PREFIX = 'kubicle_key_';

const SHOWN_LENGTH = API_KEY_PREFIX.length + 6;

/** Uses closer together than this are one. */
export const LAST_USE_MS = 60_000;

/** An API key as lists show it: never the key itself. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  /** Its first characters, to recognise it by; null for keys from before they were kept. */
  readonly prefix: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** To the minute. */
  readonly lastUsedAt: string | null;
}

type Row = typeof apiKeys.$inferSelect;

const view = (row: Omit<Row, 'keyHash' | 'accountId'>): ApiKeyView => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  createdAt: printTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : printTime(row.expiresAt),
  lastUsedAt: row.lastUsedAt === null ? null : printTime(row.lastUsedAt),
});

/** Makes a key; the answer is the only time it is shown. Throws a quota-exceeded problem for one too many. */
export const createApiKey = async (
  db: PlatformDatabase,
  accountId: string,
  wanted: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expiresAt: number | undefined;
  },
  limits: Limits,
  now: number,
): Promise<ApiKeyView & { key: string }> => {
  const key = makeSecret(API_KEY_PREFIX);
  const row = {
    id: makeId('key'),
    accountId,
    name: wanted.name,
    keyHash: await hashSecret(key),
    scopes: wanted.scopes,
    createdAt: now,
    expiresAt: wanted.expiresAt ?? null,
    prefix: key.slice(0, SHOWN_LENGTH),
    lastUsedAt: null,
  };
  // One transaction: of two requests for the last free place exactly one finds it.
  const [, [counted]] = await db.batch([
    db.insert(apiKeys).values(row),
    db.select({ keys: count() }).from(apiKeys).where(eq(apiKeys.accountId, accountId)),
  ]);
  try {
    requireWithin(limits, 'apiKeys', counted?.keys ?? 0);
  } catch (error) {
    await db.delete(apiKeys).where(eq(apiKeys.id, row.id));
    throw error;
  }
  return { ...view(row), key };
};

/** The account's keys, oldest first. */
export const listApiKeys = async (
  db: PlatformDatabase,
  accountId: string,
  { limit, after }: PageRequest,
): Promise<Page<ApiKeyView>> => {
  const later = after
    ? or(
        gt(apiKeys.createdAt, after.createdAt),
        and(eq(apiKeys.createdAt, after.createdAt), gt(apiKeys.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.accountId, accountId), later))
    .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
    .limit(limit + 1);
  return makePage(rows, limit, view);
};

/** One of the account's keys. */
export const getApiKey = async (db: PlatformDatabase, accountId: string, id: string): Promise<ApiKeyView> => {
  const [row] = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), eq(apiKeys.accountId, accountId)))
    .limit(1);
  if (row === undefined) throw notFoundProblem('API key');
  return view(row);
};

/** Revokes a key. Isolates that saw it accept it for at most the cache's half minute. */
export const deleteApiKey = async (db: PlatformDatabase, accountId: string, id: string): Promise<void> => {
  const gone = await db
    .delete(apiKeys)
    .where(and(eq(apiKeys.id, id), eq(apiKeys.accountId, accountId)))
    .returning({ id: apiKeys.id });
  if (gone.length === 0) throw notFoundProblem('API key');
};

/** The account a live key belongs to, and what the key may do. Notes its use, to the minute. */
export const findApiKey = async (
  db: PlatformDatabase,
  key: string,
  now: number,
): Promise<
  { id: string; accountId: string; scopes: readonly string[]; expiresAt: number | null } | undefined
> => {
  const keyHash = await hashSecret(key);
  const [row] = await db.select().from(apiKeys).where(eq(apiKeys.keyHash, keyHash)).limit(1);
  if (row === undefined || (row.expiresAt !== null && row.expiresAt <= now)) return undefined;
  const { id, accountId, scopes, expiresAt, lastUsedAt } = row;
  if (lastUsedAt === null || lastUsedAt + LAST_USE_MS <= now) {
    await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id));
  }
  return { id, accountId, scopes, expiresAt };
};

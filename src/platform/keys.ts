import { and, asc, eq, gt } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { apiKeys } from './db/schema.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { notFoundProblem } from './problem.ts';
import { hashSecret, makeId, makeSecret } from './secrets.ts';

/** API keys start with this, so that they are recognised without a look-up and found by secret scanners. */
export const API_KEY_PREFIX = 'kubicle_key_';

/** An API key as lists show it: never the key itself. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

type Row = typeof apiKeys.$inferSelect;

const view = (row: Omit<Row, 'keyHash' | 'accountId'>): ApiKeyView => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdAt: printTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : printTime(row.expiresAt),
});

/** Makes a key; the answer is the only time it is shown. */
export const createApiKey = async (
  db: PlatformDatabase,
  accountId: string,
  wanted: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expiresAt: number | undefined;
  },
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
  };
  await db.insert(apiKeys).values(row);
  return { ...view(row), key };
};

/** The account's keys, by id. */
export const listApiKeys = async (
  db: PlatformDatabase,
  accountId: string,
  { limit, after }: PageRequest,
): Promise<Page<ApiKeyView>> => {
  const rows = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.accountId, accountId), after ? gt(apiKeys.id, after.id) : undefined))
    .orderBy(asc(apiKeys.id))
    .limit(limit + 1);
  return makePage(rows, limit, view);
};

/** Revokes a key. Isolates that saw it accept it for at most the cache's half minute. */
export const deleteApiKey = async (db: PlatformDatabase, accountId: string, id: string): Promise<void> => {
  const gone = await db
    .delete(apiKeys)
    .where(and(eq(apiKeys.id, id), eq(apiKeys.accountId, accountId)))
    .returning({ id: apiKeys.id });
  if (gone.length === 0) throw notFoundProblem('API key');
};

/** The account a live key belongs to, and what the key may do. */
export const findApiKey = async (
  db: PlatformDatabase,
  key: string,
  now: number,
): Promise<
  { id: string; accountId: string; scopes: readonly string[]; expiresAt: number | null } | undefined
> => {
  const [row] = await db
    .select({
      id: apiKeys.id,
      accountId: apiKeys.accountId,
      scopes: apiKeys.scopes,
      expiresAt: apiKeys.expiresAt,
    })
    .from(apiKeys)
    .where(eq(apiKeys.keyHash, await hashSecret(key)))
    .limit(1);
  return row === undefined || (row.expiresAt !== null && row.expiresAt <= now) ? undefined : row;
};

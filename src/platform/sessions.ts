import { and, asc, desc, eq, gt, inArray, like, lte, ne, or } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { Credentials } from './accounts.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts, sessions } from './db/schema.ts';
import { LAST_USE_MS } from './keys.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { notFoundProblem, unauthorizedProblem } from './problem.ts';
import {
  hashPassword,
  hashSecret,
  makeSecret,
  needsRehash,
  nobodysPassword,
  verifyPassword,
} from './secrets.ts';

/** Session tokens start with this, so that they are recognised without a look-up and found by secret scanners. */
export const SESSION_PREFIX = 'kubicle_session_';

const SESSION_SECONDS = 30 * 24 * 3600;
const ID_HASH_LENGTH = 32;
/** An account has at most so many; of more the oldest end. */
const MOST_SESSIONS = 50;
/** Values one statement may hold are limited; the next sign-in ends what is left. */
const AT_ONCE = 50;

/** A sign-in as its account sees it. */
export interface SessionView {
  readonly id: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
}

/** The public id of a session: enough of its token's hash to find it by. */
const sessionId = (tokenHash: string): string => `ses_${tokenHash.slice(0, ID_HASH_LENGTH)}`;

/** Ends the oldest sessions of an account that has too many. */
const endOldestSessions = async (db: PlatformDatabase, accountId: string): Promise<void> => {
  const surplus = await db
    .select({ tokenHash: sessions.tokenHash })
    .from(sessions)
    .where(eq(sessions.accountId, accountId))
    .orderBy(desc(sessions.createdAt), desc(sessions.tokenHash))
    .limit(AT_ONCE)
    .offset(MOST_SESSIONS);
  if (surplus.length === 0) return;
  const hashes = surplus.map(({ tokenHash }) => tokenHash);
  await db.delete(sessions).where(inArray(sessions.tokenHash, hashes));
};

/** Signs in: a token good for 30 days. A wrong address and a wrong password are one 401 problem, equally slow. */
export const createSession = async (
  db: PlatformDatabase,
  { email, password }: Credentials,
  now: number,
  rounds?: number,
): Promise<{ id: string; token: string; expiresAt: string }> => {
  const [account] = await db.select().from(accounts).where(eq(accounts.email, email.toLowerCase())).limit(1);
  const stored = account?.passwordHash ?? nobodysPassword(rounds);
  const good = await verifyPassword(password, stored);
  if (account === undefined || !good) throw unauthorizedProblem('email or password is wrong');
  if (needsRehash(stored, rounds)) {
    const passwordHash = await hashPassword(password, rounds);
    await db.update(accounts).set({ passwordHash }).where(eq(accounts.id, account.id));
  }
  const token = makeSecret(SESSION_PREFIX);
  const tokenHash = await hashSecret(token);
  const expiresAt = now + SESSION_SECONDS * 1000;
  await db.batch([
    db.delete(sessions).where(and(eq(sessions.accountId, account.id), lte(sessions.expiresAt, now))),
    db.insert(sessions).values({ tokenHash, accountId: account.id, createdAt: now, expiresAt }),
  ]);
  await endOldestSessions(db, account.id);
  return { id: sessionId(tokenHash), token, expiresAt: printTime(expiresAt) };
};

/** The account a live session token belongs to. Notes its use, to the minute. */
export const findSession = async (
  db: PlatformDatabase,
  token: string,
  now: number,
): Promise<{ id: string; accountId: string; expiresAt: number } | undefined> => {
  const tokenHash = await hashSecret(token);
  const live = and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, now));
  const [session] = await db
    .select({
      accountId: sessions.accountId,
      expiresAt: sessions.expiresAt,
      lastUsedAt: sessions.lastUsedAt,
    })
    .from(sessions)
    .where(live)
    .limit(1);
  if (session === undefined) return undefined;
  const { lastUsedAt, ...found } = session;
  if (lastUsedAt === null || lastUsedAt + LAST_USE_MS <= now) {
    await db.update(sessions).set({ lastUsedAt: now }).where(live);
  }
  return { id: sessionId(tokenHash), ...found };
};

/** The account's live sessions, oldest first; `current` is the id of the one that asks, if one does. */
export const listSessions = async (
  db: PlatformDatabase,
  accountId: string,
  current: string | undefined,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<SessionView>> => {
  const later = after
    ? or(
        gt(sessions.createdAt, after.createdAt),
        and(eq(sessions.createdAt, after.createdAt), gt(sessions.tokenHash, after.id.replace('ses_', ''))),
      )
    : undefined;
  const rows = await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.accountId, accountId), gt(sessions.expiresAt, now), later))
    .orderBy(asc(sessions.createdAt), asc(sessions.tokenHash))
    .limit(limit + 1);
  // The cursor may not hold a whole hash; two sessions that agree in half of it do not exist.
  const shown = rows.map((row) => ({ ...row, id: sessionId(row.tokenHash) }));
  return makePage(shown, limit, (row) => ({
    id: row.id,
    current: row.id === current,
    createdAt: printTime(row.createdAt),
    expiresAt: printTime(row.expiresAt),
    lastUsedAt: row.lastUsedAt === null ? null : printTime(row.lastUsedAt),
  }));
};

const SESSION_ID = /^ses_([0-9a-f]{32})$/;

/** Ends one session of the account. */
export const endSession = async (db: PlatformDatabase, accountId: string, id: string): Promise<void> => {
  const hashStart = SESSION_ID.exec(id)?.[1];
  if (hashStart === undefined) throw notFoundProblem('session');
  const gone = await db
    .delete(sessions)
    .where(and(eq(sessions.accountId, accountId), like(sessions.tokenHash, `${hashStart}%`)))
    .returning({ accountId: sessions.accountId });
  if (gone.length === 0) throw notFoundProblem('session');
};

/** Ends every session of the account but the one with this id. */
export const endOtherSessions = async (
  db: PlatformDatabase,
  accountId: string,
  kept: string | undefined,
): Promise<void> => {
  const hashStart = SESSION_ID.exec(kept ?? '')?.[1];
  const rows = await db
    .select({ tokenHash: sessions.tokenHash })
    .from(sessions)
    .where(eq(sessions.accountId, accountId));
  const keptHash = rows.find(({ tokenHash }) => hashStart !== undefined && tokenHash.startsWith(hashStart));
  const others = keptHash === undefined ? undefined : ne(sessions.tokenHash, keptHash.tokenHash);
  await db.delete(sessions).where(and(eq(sessions.accountId, accountId), others));
};

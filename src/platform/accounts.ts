import { and, eq, gt } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts, sessions } from './db/schema.ts';
import { conflictProblem, unauthorizedProblem } from './problem.ts';
import { hashPassword, hashSecret, makeId, makeSecret, verifyPassword } from './secrets.ts';

/** Session tokens start with this, so that they are recognised without a look-up and found by secret scanners. */
export const SESSION_PREFIX = 'kubicle_session_';

const SESSION_SECONDS = 30 * 24 * 3600;

/** Email and password as given at sign-up or sign-in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Makes an account. A second account with the same address (case apart) is a 409 problem. */
export const createAccount = async (
  db: PlatformDatabase,
  { email, password }: Credentials,
  now: number,
): Promise<{ id: string; email: string }> => {
  const id = makeId('acc');
  const passwordHash = await hashPassword(password);
  const inserted = await db
    .insert(accounts)
    .values({ id, email: email.toLowerCase(), passwordHash, createdAt: now })
    .onConflictDoNothing()
    .returning({ id: accounts.id });
  if (inserted.length === 0) throw conflictProblem('an account with this email exists');
  return { id, email: email.toLowerCase() };
};

/** A stored form nobody's password gives: checking against it hides whether an account exists. */
const NOBODY = `pbkdf2-sha256$100000$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Signs in: a token good for 30 days. A wrong address and a wrong password are one 401 problem. */
export const createSession = async (
  db: PlatformDatabase,
  { email, password }: Credentials,
  now: number,
): Promise<{ token: string; expiresAt: string }> => {
  const [account] = await db.select().from(accounts).where(eq(accounts.email, email.toLowerCase())).limit(1);
  const good = await verifyPassword(password, account?.passwordHash ?? NOBODY);
  if (account === undefined || !good) throw unauthorizedProblem('email or password is wrong');
  const token = makeSecret(SESSION_PREFIX);
  const expiresAt = now + SESSION_SECONDS * 1000;
  await db
    .insert(sessions)
    .values({ tokenHash: await hashSecret(token), accountId: account.id, createdAt: now, expiresAt });
  return { token, expiresAt: printTime(expiresAt) };
};

/** The public id of a session: enough of its token's hash to find it by. */
export const sessionId = (tokenHash: string): string => `ses_${tokenHash.slice(0, 32)}`;

/** The account a live session token belongs to. */
export const findSession = async (
  db: PlatformDatabase,
  token: string,
  now: number,
): Promise<{ id: string; accountId: string; expiresAt: number } | undefined> => {
  const tokenHash = await hashSecret(token);
  const [session] = await db
    .select({ accountId: sessions.accountId, expiresAt: sessions.expiresAt })
    .from(sessions)
    .where(and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, now)))
    .limit(1);
  return session && { id: sessionId(tokenHash), ...session };
};

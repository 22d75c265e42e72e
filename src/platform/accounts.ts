import { eq } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts } from './db/schema.ts';
import { conflictProblem, forbiddenProblem, notFoundProblem } from './problem.ts';
import { hashPassword, isNobodysPassword, makeId, nobodysPassword, verifyPassword } from './secrets.ts';

/** Email and password as given at sign-up or sign-in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** An account as its owner sees it. */
export interface AccountView {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
}

/** Makes an account. A second account with the same address (case apart) is a 409 problem. */
export const createAccount = async (
  db: PlatformDatabase,
  { email, password }: Credentials,
  now: number,
  rounds?: number,
): Promise<{ id: string; email: string }> => {
  const id = makeId('acc');
  const passwordHash = await hashPassword(password, rounds);
  const inserted = await db
    .insert(accounts)
    .values({ id, email: email.toLowerCase(), passwordHash, createdAt: now })
    .onConflictDoNothing()
    .returning({ id: accounts.id });
  if (inserted.length === 0) throw conflictProblem('an account with this email exists');
  return { id, email: email.toLowerCase() };
};

/**
 * The id of the account with this address that no password opens, made when there is none. An account that somebody
 * signs in to is a 409 problem.
 */
export const ensureKeyAccount = async (db: PlatformDatabase, email: string, now: number): Promise<string> => {
  const made = { id: makeId('acc'), email: email.toLowerCase(), passwordHash: nobodysPassword() };
  await db
    .insert(accounts)
    .values({ ...made, createdAt: now })
    .onConflictDoNothing();
  const [row] = await db.select().from(accounts).where(eq(accounts.email, made.email)).limit(1);
  if (row === undefined) throw notFoundProblem('account');
  if (!isNobodysPassword(row.passwordHash)) throw conflictProblem('the account is opened by a password');
  return row.id;
};

const find = async (db: PlatformDatabase, accountId: string) => {
  const [row] = await db.select().from(accounts).where(eq(accounts.id, accountId)).limit(1);
  if (row === undefined) throw notFoundProblem('account');
  return row;
};

/** An account that exists. */
export const getAccount = async (db: PlatformDatabase, accountId: string): Promise<AccountView> => {
  const { id, email, createdAt } = await find(db, accountId);
  return { id, email, createdAt: printTime(createdAt) };
};

/** The address of an account that exists. */
export const emailOf = async (db: PlatformDatabase, accountId: string): Promise<string> =>
  (await find(db, accountId)).email;

/** Changes the password. The present one must be known, whatever the credentials: 403 when it is wrong. */
export const changePassword = async (
  db: PlatformDatabase,
  accountId: string,
  { current, next }: { readonly current: string; readonly next: string },
  rounds?: number,
): Promise<void> => {
  const { passwordHash } = await find(db, accountId);
  if (!(await verifyPassword(current, passwordHash))) throw forbiddenProblem('the current password is wrong');
  await db
    .update(accounts)
    .set({ passwordHash: await hashPassword(next, rounds) })
    .where(eq(accounts.id, accountId));
};

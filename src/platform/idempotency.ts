import { and, eq, isNull, lte } from 'drizzle-orm';
import { idempotency } from './db/idempotency.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { badRequestProblem, makeProblem } from './problem.ts';
import type { Sealer } from './sealing.ts';
import { makeId } from './secrets.ts';

/** How long an answer can be had again. */
const KEPT_MS = 24 * 3600 * 1000;

/** A request that has not answered after this died with its isolate; its key is free again. */
const ABANDONED_MS = 120_000;

/** Larger answers are not kept: the row would not fit. The request then simply runs again. */
const LARGEST_ANSWER = 512 * 1024;

const VALID_KEY = /^[\x21-\x7e]{1,255}$/;

/** A request with an idempotency key. */
export interface KeyedRequest {
  /** Account id; on public routes a text that only the same request has. */
  readonly owner: string;
  readonly key: string;
  /** Everything that makes the request what it is: method, path, query, body. */
  readonly request: string;
}

/** What is to be done with it: repeat an answer, or do it and `finish` with the answer (absent: forget it). */
export type KeyedStart =
  | { readonly answer: string }
  | { readonly finish: (answer: string | undefined) => Promise<void> };

/**
 * Begins a request with an idempotency key. Throws 400 for a key that is none, 409 while the same request is in
 * flight, 422 when the key came with another request within a day.
 */
export const beginKeyed = async (
  db: PlatformDatabase,
  sealer: Sealer,
  { owner, key, request }: KeyedRequest,
  now: number,
): Promise<KeyedStart> => {
  if (!VALID_KEY.test(key)) {
    throw badRequestProblem('Idempotency-Key must be 1 to 255 printable ASCII characters');
  }
  const keyDigest = await sealer.digest(`key ${owner} ${key}`);
  const requestDigest = await sealer.digest(`request ${request}`);
  const attempt = makeId('t');
  const mine = and(eq(idempotency.owner, owner), eq(idempotency.keyDigest, keyDigest));
  const context = `idempotency ${owner} ${keyDigest}`;
  const finish = async (answer: string | undefined): Promise<void> => {
    const began = and(mine, eq(idempotency.attempt, attempt));
    if (answer === undefined || answer.length > LARGEST_ANSWER) await db.delete(idempotency).where(began);
    else {
      await db
        .update(idempotency)
        .set({ answer: await sealer.seal(answer, context) })
        .where(began);
    }
  };
  await db.delete(idempotency).where(lte(idempotency.createdAt, now - KEPT_MS));
  await db
    .delete(idempotency)
    .where(and(mine, isNull(idempotency.answer), lte(idempotency.createdAt, now - ABANDONED_MS)));
  const begun = await db
    .insert(idempotency)
    .values({ owner, keyDigest, requestDigest, attempt, createdAt: now })
    .onConflictDoNothing()
    .returning({ owner: idempotency.owner });
  if (begun.length > 0) return { finish };

  const [before] = await db.select().from(idempotency).where(mine).limit(1);
  if (before !== undefined && before.requestDigest !== requestDigest) {
    throw makeProblem('idempotency-mismatch', 'this Idempotency-Key came with a different request before');
  }
  if (before === undefined || before.answer === null) {
    throw makeProblem('idempotency-in-flight', 'a request with this Idempotency-Key is being worked on', {
      retryAfterSeconds: 1,
    });
  }
  const answer = await sealer.open(before.answer, context);
  if (answer === undefined) {
    throw makeProblem('conflict', 'the answer to this Idempotency-Key can no longer be read; use a new key');
  }
  return { answer };
};

import { tooManyRequests } from '../machinery/status.ts';
import { TokenBucket } from '../machinery/token-bucket.ts';
import type { Limits } from '../platform/limits.ts';
import { makeProblem } from '../platform/problem.ts';
import { accountPlan, type Env } from './env.ts';
import { ExpiringCache } from './expiring-cache.ts';

/** How long an account's limits are believed before the plan is looked up again. */
const PLAN_MS = 60_000;
/** A cluster that refused is not asked again for this long: a flood ends here and not in the cluster's object. */
const BLOCK_MS = 200;
const HOLD_MS = 250;
/** Wrong passwords for one address, and sign-ups and sign-ins from one network address: at once, and a minute. */
const GUESSES = 10;
const STRANGERS = 30;
const STRANGER_MS = 10 * 60_000;
const ENTRIES = 8192;

/** Upstream's words for a client that asks too much. */
const BUSY = 'the server has received too many requests and has asked us to try again later';

const secondsOf = (waitMs: number): number => Math.max(1, Math.ceil(waitMs / 1000));

/** An account with its bucket. */
interface Metered {
  /** Absent: no limit. */
  readonly bucket: TokenBucket | undefined;
}

/** The Kubernetes API's answer to somebody who has to wait. */
export const busyStatus = (waitMs: number) => tooManyRequests(BUSY, secondsOf(waitMs));

/**
 * Holds a refusal back for a moment. Who waits for answers before asking again cannot ask faster than this, so that
 * refusing a flood costs its neighbours next to nothing; waiting itself costs nothing at all.
 */
export const holdBack = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, HOLD_MS));

/** The control API's. */
export const busyProblem = (waitMs: number) => {
  const retryAfterSeconds = secondsOf(waitMs);
  return makeProblem('rate-limited', `too many requests; wait ${retryAfterSeconds} s`, { retryAfterSeconds });
};

/**
 * Counts what comes through one isolate of the front. An account that reaches several isolates has its rate in each of
 * them: the bound for an account is its plan's rate times the isolates it reaches, which are few, as a client's
 * connections stay where they are. What must be exact is counted in the cluster's object.
 */
export class Throttle {
  readonly #limitsOf: (accountId: string) => Promise<Limits>;
  readonly #accounts = new ExpiringCache<Metered>(ENTRIES);
  readonly #blocked = new ExpiringCache<number>(ENTRIES);
  readonly #strangers = new ExpiringCache<TokenBucket>(ENTRIES);

  constructor(limitsOf: (accountId: string) => Promise<Limits>) {
    this.#limitsOf = limitsOf;
  }

  /** Counts a request of an account: 0, or the milliseconds it has to wait. */
  account(accountId: string, now: number): number | Promise<number> {
    const known = this.#accounts.get(accountId, now);
    return known === undefined ? this.#look(accountId, now) : (known.bucket?.take(now) ?? 0);
  }

  /** A plan changed: the next request looks it up. Other isolates follow within a minute. */
  forget(accountId: string): void {
    this.#accounts.drop(accountId);
  }

  /** Milliseconds for which a cluster that refused is spared; 0 as a rule. */
  blocked(clusterId: string, now: number): number {
    const until = this.#blocked.get(clusterId, now);
    return until === undefined ? 0 : until - now;
  }

  /** A cluster refused a request because there were too many. */
  block(clusterId: string, now: number): void {
    this.#blocked.put(clusterId, now + BLOCK_MS, now + BLOCK_MS);
  }

  /** Throws the 429 problem when too many wrong passwords were tried for this address. */
  requireGuess(email: string, now: number): void {
    const wait = this.#stranger(`guess ${email.toLowerCase()}`, GUESSES, now).wait(now);
    if (wait > 0) throw busyProblem(wait);
  }

  /** A wrong password was given for this address. */
  missedGuess(email: string, now: number): void {
    this.#stranger(`guess ${email.toLowerCase()}`, GUESSES, now).spend(1, now);
  }

  /**
   * Throws the 429 problem when too much came from one network address without credentials. Only what the platform
   * itself says about the address counts; where it says nothing, nothing is counted.
   */
  requireStranger(address: string | null, now: number): void {
    if (address === null) return;
    const wait = this.#stranger(`address ${address}`, STRANGERS, now).take(now);
    if (wait > 0) throw busyProblem(wait);
  }

  #stranger(key: string, aMinute: number, now: number): TokenBucket {
    const known = this.#strangers.get(key, now);
    const bucket = known ?? new TokenBucket(aMinute / 60, aMinute, now);
    if (known === undefined) this.#strangers.put(key, bucket, now + STRANGER_MS);
    return bucket;
  }

  async #look(accountId: string, now: number): Promise<number> {
    const limits = await this.#limitsOf(accountId);
    // Somebody else may have looked meanwhile: their bucket counts already.
    const known = this.#accounts.get(accountId, now);
    if (known !== undefined) return known.bucket?.take(now) ?? 0;
    const { requestsPerSecond, requestBurst } = limits;
    const bucket =
      requestsPerSecond === Infinity
        ? undefined
        : new TokenBucket(requestsPerSecond, Math.max(requestBurst, requestsPerSecond), now);
    this.#accounts.put(accountId, { bucket }, now + PLAN_MS);
    return bucket?.take(now) ?? 0;
  }
}

const throttles = new WeakMap<Env, Throttle>();

/** The isolate's throttle. */
export const throttleOf = (env: Env): Throttle => {
  const known = throttles.get(env);
  if (known !== undefined) return known;
  const made = new Throttle(async (accountId) => (await accountPlan(env, accountId)).limits);
  throttles.set(env, made);
  return made;
};

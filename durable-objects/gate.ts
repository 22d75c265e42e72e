import type { CoreRequest, CoreResponse } from '../src/api/contract.ts';
import type { ClusterLimits } from '../src/machinery/cluster-limits.ts';
import { type StatusError, tooManyRequests } from '../src/machinery/status.ts';
import { TokenBucket } from '../src/machinery/token-bucket.ts';

/** Reads of the core that are one unit of work; a write is fifty reads. */
const READS_PER_UNIT = 50;
const BYTES_PER_UNIT = 64 * 1024;
/** A unit is about a tenth of a millisecond. On the platform clocks stand still while a program runs; elsewhere not. */
const UNITS_PER_MS = 10;
/** The size of the database is looked at no oftener than this. */
const STORAGE_LOOK_MS = 1000;
/** When a database that is full of young history is worth another try. */
const STORAGE_RETRY_SECONDS = 10;
const WATCH_RETRY_SECONDS = 5;

const secondsOf = (waitMs: number): number => Math.max(1, Math.ceil(waitMs / 1000));

/** Upstream's words for a client that asks too much. */
const BUSY = 'the server has received too many requests and has asked us to try again later';

/** Writes that make something larger. Reviews are asked with POST but store nothing. */
const grows = ({ method, path }: CoreRequest): boolean =>
  (method === 'POST' && !path.endsWith('reviews')) || method === 'PUT' || method === 'PATCH';

/** What the gate needs to know of its cluster. */
export interface Gated {
  work(): number;
  /** Size of the database in bytes. */
  storageBytes(): number;
  /** Shortens history; true when there is more to remove. */
  relieve(): boolean;
  /** Wall milliseconds. */
  clock(): number;
}

/**
 * Stands before one cluster and counts: requests, work, watches, bytes of the database. It is exact, because the
 * object is the only one of its cluster; what it counted may be lost with memory, in the tenant's favour. The core
 * knows nothing of it: work that is put off happens at its own instant all the same.
 */
export class Gate {
  readonly #gated: Gated;
  #limits: ClusterLimits = {};
  #requests: TokenBucket | undefined;
  #work: TokenBucket | undefined;
  #seen = 0;
  #tookMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #served = 0;
  #refused = 0;

  constructor(gated: Gated) {
    this.#gated = gated;
  }

  /** Requests let in and refused since the object is in memory. */
  get counts(): { readonly served: number; readonly refused: number } {
    return { served: this.#served, refused: this.#refused };
  }

  /** Puts limits in force; the buckets start full. */
  limit(limits: ClusterLimits, now: number): void {
    const { requestsPerSecond, requestBurst = 0, workPerMinute } = limits;
    this.#limits = limits;
    this.#requests =
      requestsPerSecond === undefined
        ? undefined
        : new TokenBucket(requestsPerSecond, Math.max(requestsPerSecond, requestBurst), now);
    this.#work =
      workPerMinute === undefined ? undefined : new TokenBucket(workPerMinute / 60, workPerMinute, now);
    this.#seen = this.#gated.work();
  }

  /** Lets a request in, or says what to answer: 429 with the time to wait. `watches` counts the open ones. */
  refuse(request: CoreRequest, isWatch: boolean, watches: number, now: number): StatusError | undefined {
    const refusal =
      this.#tooMany(now) ?? (isWatch ? this.#tooManyWatches(watches) : this.#tooFull(request, now));
    if (refusal === undefined) this.#served += 1;
    else this.#refused += 1;
    return refusal;
  }

  /** Charges a request that was served. */
  charge(answer: CoreResponse | undefined, now: number): void {
    if (this.#work === undefined) return;
    const bytes = answer === undefined ? 0 : answer.body.length;
    this.#work.spend(1 + bytes / BYTES_PER_UNIT, now);
    this.meter(now);
  }

  /** Does a piece of the core's work and notes how long it took, where a clock tells. */
  timed<Result>(work: () => Result): Result {
    const began = this.#gated.clock();
    try {
      return work();
    } finally {
      this.#tookMs += Math.max(0, this.#gated.clock() - began);
    }
  }

  /** Charges the work the core did since the last time: by its counts or by its time, whichever is more. */
  meter(now: number): void {
    if (this.#work === undefined) return;
    const total = this.#gated.work();
    const counted = Math.max(0, total - this.#seen) / READS_PER_UNIT;
    this.#work.spend(Math.max(counted, this.#tookMs * UNITS_PER_MS), now);
    this.#seen = total;
    this.#tookMs = 0;
  }

  /** Milliseconds for which nothing should be done that can wait; 0 as a rule. */
  rest(now: number): number {
    return this.#work?.rest(now) ?? 0;
  }

  #tooMany(now: number): StatusError | undefined {
    const wait = Math.max(this.rest(now), this.#requests?.take(now) ?? 0);
    return wait === 0 ? undefined : tooManyRequests(BUSY, secondsOf(wait));
  }

  #tooManyWatches(open: number): StatusError | undefined {
    const { watches } = this.#limits;
    if (watches === undefined || open < watches) return undefined;
    return tooManyRequests(
      `the cluster has ${open} open watches, which is all its plan allows`,
      WATCH_RETRY_SECONDS,
    );
  }

  /** A database that runs full loses history first, and only then refuses to grow. */
  #tooFull(request: CoreRequest, now: number): StatusError | undefined {
    const { storageBytes } = this.#limits;
    if (storageBytes === undefined || now - this.#lookedAt < STORAGE_LOOK_MS || !grows(request))
      return undefined;
    let used = this.#gated.storageBytes();
    for (let hasMore = true; used > storageBytes && hasMore; ) {
      hasMore = this.#gated.relieve();
      used = this.#gated.storageBytes();
    }
    if (used <= storageBytes) {
      this.#lookedAt = now;
      return undefined;
    }
    return tooManyRequests(
      `the cluster's database is full: ${used} bytes of ${storageBytes}; delete something`,
      STORAGE_RETRY_SECONDS,
    );
  }
}

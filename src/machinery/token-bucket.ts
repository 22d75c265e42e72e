/**
 * A token bucket. Time is an argument (milliseconds, any origin); going back in time gives nothing and takes nothing.
 * It may run into debt: what something costs is often known only afterwards.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #at: number;

  /** Starts full. `perSecond` tokens flow in, up to `capacity`. */
  constructor(perSecond: number, capacity: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Takes a token if there is one. The answer is 0 then, else the milliseconds until there is one. */
  take(now: number): number {
    const wait = this.wait(now);
    if (wait === 0) this.#tokens -= 1;
    return wait;
  }

  /** Milliseconds until there is a token to take; 0 when there is one. */
  wait(now: number): number {
    this.#fill(now);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  /** Takes so many tokens whether they are there or not; the debt is never deeper than the bucket. */
  spend(tokens: number, now: number): void {
    this.#fill(now);
    this.#tokens = Math.max(-this.#capacity, this.#tokens - tokens);
  }

  /** Milliseconds until the bucket is out of debt; 0 when it is. */
  rest(now: number): number {
    this.#fill(now);
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }

  #fill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

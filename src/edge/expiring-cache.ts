interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt: number;
}

/**
 * A bounded map whose entries live until an instant. When it is full the oldest entry goes; it only saves work
 * and may lose anything at any time.
 */
export class ExpiringCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The value, unless it was never put, has expired at `now` or was pushed out. */
  get(key: string, now: number): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > now) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** Keeps the value until `expiresAt` (wall milliseconds). */
  put(key: string, value: Value, expiresAt: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, expiresAt });
  }

  /** Forgets the key. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets every entry of which the claim holds. */
  dropWhere(claim: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#entries) if (claim(value)) this.#entries.delete(key);
  }
}

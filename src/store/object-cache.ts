/** Objects in memory: text and decoded form by revision, bounded in bytes. */

import type { KubeObject } from '../machinery/object.ts';
import type { ObjectCodec, Revision, Stored } from './reader.ts';

/** Estimated bytes of an entry beside its text, and of a decoded object for each character of its text (measured: 1.5 to 1.9). */
const ENTRY_BYTES = 250;
const DECODED_BYTES_PER_CHARACTER = 2;

/** So many writes later the decoded form of what is past goes. More than one run of a controller writes. */
const FADING = 64;

/** One object at one revision. Decodes its text when somebody first asks for the object. */
class StoredText implements Stored {
  readonly key: string;
  readonly revision: Revision;
  readonly text: string;
  /** Asked for since the eviction hand last came by. */
  visited = false;
  /** The revision this one replaced. */
  replaces: Revision | undefined;
  readonly #cache: ObjectCache;
  #object: KubeObject | undefined;

  constructor(cache: ObjectCache, key: string, revision: Revision, text: string, object?: KubeObject) {
    this.#cache = cache;
    this.key = key;
    this.revision = revision;
    this.text = text;
    this.#object = object;
  }

  get object(): KubeObject {
    if (this.#object !== undefined) return this.#object;
    const object = this.#cache.decode(this.key, this.text);
    this.#object = object;
    // Making room for it may release it at once.
    this.#cache.charge(this, this.text.length * DECODED_BYTES_PER_CHARACTER);
    return object;
  }

  /** Forgets the decoded form, which is most of an entry. Returns how many bytes that frees. */
  release(): number {
    if (this.#object === undefined) return 0;
    this.#object = undefined;
    return this.text.length * DECODED_BYTES_PER_CHARACTER;
  }

  /** Estimated memory. */
  get bytes(): number {
    const decoded = this.#object === undefined ? 0 : this.text.length * DECODED_BYTES_PER_CHARACTER;
    return ENTRY_BYTES + this.text.length + decoded;
  }
}

/**
 * A revision belongs to exactly one write, so it alone is the key, and an entry is never stale: it can only
 * become uninteresting. Eviction is SIEVE: a hand walks from old to new, spares what was asked for since its
 * last visit and evicts the rest, so a scan of more than fits does not wash everything else out. The first thing to go of an
 * entry is its decoded form: what is kept for watchers and lists (Events above all) is needed as text only.
 */
export class ObjectCache {
  readonly #codec: ObjectCodec;
  readonly #capacity: number;
  readonly #entries = new Map<Revision, StoredText>();
  #hand: MapIterator<StoredText> = this.#entries.values();
  #bytes = 0;
  /** The newest revisions that faded, in a ring. */
  readonly #fading: Revision[] = [];
  #fades = 0;

  /** `capacity` is in bytes; 0 keeps nothing, and then every object is decoded from its stored text. */
  constructor(codec: ObjectCodec, capacity: number) {
    this.#codec = codec;
    this.#capacity = capacity;
  }

  /** Estimated bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  find(revision: Revision): Stored | undefined {
    const entry = this.#entries.get(revision);
    if (entry !== undefined) entry.visited = true;
    return entry;
  }

  /** An object that was read or written; `object` is its deeply frozen decoded form, if there is one already. */
  add(key: string, revision: Revision, text: string, object?: KubeObject): Stored {
    if (this.#capacity === 0) return new StoredText(this, key, revision, text);
    this.forget(revision);
    const entry = new StoredText(this, key, revision, text, object);
    this.#entries.set(revision, entry);
    this.#grow(entry.bytes);
    return entry;
  }

  /**
   * A revision replaced another. What that one had replaced is of use to nobody but a watcher that is far behind: some
   * writes later it goes, so that current objects stay.
   */
  supersede(revision: Revision, replaced: Revision): void {
    const entry = this.#entries.get(revision);
    if (entry !== undefined) entry.replaces = replaced;
    this.fade(replaced);
  }

  /**
   * A revision is not the state of anything any more. Who follows the writes looks at it, and at what it replaced, soon
   * or never: some writes later its decoded form goes, and what it replaced.
   */
  fade(revision: Revision): void {
    const at = this.#fades % FADING;
    const gone = this.#fading[at];
    const entry = gone === undefined ? undefined : this.#entries.get(gone);
    if (entry !== undefined) {
      this.#bytes -= entry.release();
      if (entry.replaces !== undefined) this.forget(entry.replaces);
    }
    this.#fading[at] = revision;
    this.#fades += 1;
  }

  /** Drops what a rolled back or compacted revision held: the number may come to mean another write. */
  forget(revision: Revision): void {
    const entry = this.#entries.get(revision);
    if (entry === undefined) return;
    this.#entries.delete(revision);
    this.#bytes -= entry.bytes;
  }

  /** The object of a stored text, deeply frozen. */
  decode(key: string, text: string): KubeObject {
    return this.#codec.decode(key, text);
  }

  /** For entries only: one has grown by decoding. Free for an entry that is no longer held. */
  charge(entry: StoredText, bytes: number): void {
    if (this.#entries.get(entry.revision) === entry) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#capacity && this.#entries.size > 1) this.#evictOne();
  }

  #evictOne(): void {
    for (;;) {
      const step = this.#hand.next();
      if (step.done) this.#hand = this.#entries.values();
      else if (step.value.visited) step.value.visited = false;
      else {
        const freed = step.value.release();
        if (freed === 0) this.forget(step.value.revision);
        else this.#bytes -= freed;
        return;
      }
    }
  }
}

import type { Alias, Node } from 'yaml';

/** Aliases of a document beyond which it is refused. */
const MAX_ALIASES = 100;
/** Characters the aliases may stand for, all told. */
const MAX_WIDTH = 1024 * 1024;

interface Anchored {
  readonly start: number;
  readonly end: number;
  /** Characters of the text, with what the aliases inside stand for. */
  width: number;
}

/**
 * Adds up what aliases stand for while a document is walked in its order, so that nothing is expanded, or searched for,
 * that would be too much. A refusal is in the words of upstream's decoder; the first one counts.
 */
export class AliasCount {
  readonly #anchors = new Map<string, Anchored>();
  readonly #all: Anchored[] = [];
  #aliases = 0;
  #width = 0;
  #refusal: string | undefined;

  /** Why the document is refused; `undefined` while it is not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** A node that may have an anchor. */
  define({ anchor, range }: Pick<Node, 'range'> & { readonly anchor?: string }): void {
    if (anchor === undefined) return;
    const [start = 0, , end = 0] = range ?? [];
    const anchored = { start, end, width: end - start };
    this.#anchors.set(anchor, anchored);
    this.#all.push(anchored);
  }

  /** An alias; true when the document is refused, and need not be walked further. */
  use({ source, range }: Pick<Alias, 'source' | 'range'>): boolean {
    const [at = 0] = range ?? [];
    const target = this.#anchors.get(source);
    this.#aliases += 1;
    if (target === undefined) this.#refusal ??= `yaml: unknown anchor '${source}' referenced`;
    else if (target.start <= at && at < target.end) {
      this.#refusal ??= `yaml: anchor '${source}' value contains itself`;
    } else {
      this.#width += target.width;
      for (const open of this.#all) if (open.start <= at && at < open.end) open.width += target.width;
    }
    if (this.#aliases > MAX_ALIASES || this.#width > MAX_WIDTH) {
      this.#refusal = 'yaml: document contains excessive aliasing';
    }
    return this.#refusal !== undefined;
  }
}

/**
 * Names in a recording stand for values that differ from run to run: `$u5`, `$h1`... A random suffix `$r2` is
 * numbered per name prefix, so names that end in one are looked up whole.
 */

const ALIAS = /\$(?:x|pem|b64pem|csr|token|[a-z]+[0-9]+)/g;
const RANDOM_NAME = /[A-Za-z0-9.$-]*\$r[0-9]+/g;

const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Two-way dictionary between the aliases of a recording and the values of this run. */
export class Aliases {
  readonly #values = new Map<string, string>();
  readonly #names = new Map<string, string>();

  bind(alias: string, value: string): void {
    if (value === '' || this.#values.has(alias)) return;
    this.#values.set(alias, value);
    this.#names.set(value, alias);
  }

  value(alias: string): string | undefined {
    return this.#values.get(alias);
  }

  /** Exchanges what two aliases stand for. */
  swap(one: string, other: string): void {
    const a = this.#values.get(one);
    const b = this.#values.get(other);
    if (a === undefined || b === undefined) return;
    this.#values.set(one, b).set(other, a);
    this.#names.set(a, other).set(b, one);
  }

  /** True when every alias in the text is known. */
  knows(text: string): boolean {
    return !this.resolve(text).includes('$');
  }

  /** The text with the values of this run; unknown aliases stay. */
  resolve(text: string): string {
    return text
      .replace(RANDOM_NAME, (name) => this.#values.get(name) ?? name)
      .replace(ALIAS, (alias) => this.#values.get(alias) ?? alias);
  }

  /** Matches a recorded name against one of this run; binds what was unknown. False when it cannot be it. */
  match(recorded: string, actual: string): boolean {
    const known = this.#values.get(recorded);
    if (known !== undefined) return known === actual;
    if (this.#names.has(actual)) return false;
    const unknown: string[] = [];
    let source = '';
    let at = 0;
    for (const found of recorded.matchAll(ALIAS)) {
      const alias = found[0];
      source += quote(recorded.slice(at, found.index));
      const value = alias.startsWith('$r') ? undefined : this.#values.get(alias);
      const shape = alias.startsWith('$cip') ? '([0-9a-f.:]+)' : '([a-zA-Z0-9]+)';
      source += value === undefined ? shape : quote(value);
      if (value === undefined) unknown.push(alias);
      at = found.index + alias.length;
    }
    const match = new RegExp(`^${source}${quote(recorded.slice(at))}$`).exec(actual);
    if (match === null) return false;
    const found = unknown.map((alias, index) => [alias, match[index + 1] ?? ''] as const);
    const shared = found.filter(([alias]) => !alias.startsWith('$r'));
    if (shared.some(([, value]) => this.#names.has(value))) return false;
    for (const [alias, value] of shared) this.bind(alias, value);
    if (recorded.includes('$r')) this.bind(recorded, actual);
    return true;
  }

  /** Values of this run in a text put back to their aliases. */
  abstract(text: string): string {
    return text
      .replace(
        /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
        (uid) => this.#names.get(uid) ?? '$u?',
      )
      .replace(/[a-z0-9]+(?:[-.][a-z0-9]+)+/g, (name) => this.#names.get(name) ?? name)
      .replace(/[a-z0-9]{3,}/g, (word) => this.#names.get(word) ?? word);
  }
}

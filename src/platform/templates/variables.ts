import { deriveInteger } from '../../machinery/random.ts';

/** A value of a variable. */
export type Scalar = string | number | boolean;

/** Values by name. */
export type Values = ReadonlyMap<string, Scalar>;

/** How one variable gets its value. */
export interface VariableRule {
  readonly oneOf?: readonly Scalar[];
  readonly integer?: { readonly min: number; readonly max: number };
  readonly letters?: number;
  readonly value?: Scalar;
}

/** Names that are used but not declared. */
export interface Unknown {
  readonly path: readonly (string | number)[];
  readonly name: string;
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyz';
const REFERENCE = /\$?\$\{([^}]*)\}/g;
const WHOLE = /^\$\{([^}]*)\}$/;

const fillText = (text: string, values: Values, onUnknown: (name: string) => void): Scalar => {
  const whole = WHOLE.exec(text);
  if (whole !== null) {
    const value = values.get((whole[1] ?? '').trim());
    if (value !== undefined) return value;
  }
  return text.replace(REFERENCE, (found, name: string) => {
    if (found.startsWith('$$')) return found.slice(1);
    const value = values.get(name.trim());
    if (value !== undefined) return String(value);
    onUnknown(name.trim());
    return found;
  });
};

/**
 * Fills `${name}` in every text and every key of a JSON value. A text that is nothing but one reference becomes the
 * variable's value with its type; `$${` stands for `${`. Unknown names stay and are told.
 */
export const fillVariables = (
  root: unknown,
  values: Values,
): { readonly value: unknown; readonly unknown: readonly Unknown[] } => {
  const unknown: Unknown[] = [];
  const fill = (value: unknown, path: readonly (string | number)[]): unknown => {
    const tell = (name: string) => void unknown.push({ path, name });
    if (typeof value === 'string') return value.includes('${') ? fillText(value, values, tell) : value;
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key.includes('${') ? String(fillText(key, values, tell)) : key,
        fill(item, [...path, key]),
      ]),
    );
  };
  return { value: fill(root, []), unknown };
};

/** The values a seed gives. The same seed gives the same values for ever, whatever other variables there are. */
export const chooseValues = (rules: Readonly<Record<string, VariableRule>>, seed: string): Values => {
  const values = new Map<string, Scalar>();
  const integer = (bound: number, name: string, at = 0) => deriveInteger(seed, bound, 'variable', name, at);
  for (const [name, { oneOf, integer: range, letters, value }] of Object.entries(rules)) {
    if (oneOf !== undefined) values.set(name, oneOf[integer(oneOf.length, name)] ?? '');
    else if (range !== undefined)
      values.set(name, range.min + integer(Math.max(1, range.max - range.min + 1), name));
    else if (letters !== undefined) {
      const chosen = Array.from({ length: letters }, (_, at) => LETTERS[integer(LETTERS.length, name, at)]);
      values.set(name, chosen.join(''));
    } else if (value !== undefined) values.set(name, fillVariables(value, values).value as Scalar);
  }
  return values;
};

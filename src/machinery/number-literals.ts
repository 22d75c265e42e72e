/** Numbers that are not what they seem once parsed: found cheaply, and read with what was written. */

import { NumberLiteral } from './decode-context.ts';

/** A number with a fraction or an exponent, or with more digits than a double holds; strings may look like it too. */
const SUSPECT = /[:[,\s]-?\d+(?:\.|[eE])|\d{16}/;

/** Whether the text may hold numbers that `readLiterals` would tell. Wrong only by being too careful. */
export const mayHoldLiterals = (text: string): boolean => SUSPECT.test(text);

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The value of a valid JSON text, with numbers as they were written where an integer is not just digits. */
export const readLiterals = (text: string): unknown => {
  const revive: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !/^-?\d{1,15}$/.test(source)
      ? Number.isInteger(value)
        ? new NumberLiteral(source)
        : value
      : value;
  return JSON.parse(text, revive as (this: unknown, key: string, value: unknown) => unknown);
};

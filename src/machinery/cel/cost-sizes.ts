/** Numbers of cost estimates: they stop at the largest unsigned number instead of running over (cel-go checker/cost.go). */

/** A cost at its worst. */
export type Cost = number;

/** The least and the largest size of a value: characters of a text, elements of a list or map. */
export interface Sizes {
  readonly min: number;
  readonly max: number;
}

/** What stands for "no limit". */
export const ENDLESS = 2 ** 64;

/** A size nothing is known of. */
export const UNKNOWN: Sizes = { min: 0, max: ENDLESS };

/** One size only. */
export const fixed = (size: number): Sizes => ({ min: size, max: size });

/** Both sizes fit. */
export const union = (left: Sizes, right: Sizes): Sizes => ({
  min: Math.min(left.min, right.min),
  max: Math.max(left.max, right.max),
});

/** A sum that stops at the largest number. */
export const add = (left: number, right: number): number => Math.min(ENDLESS, left + right);

/** A product that stops at the largest number. */
export const times = (left: number, right: number): number =>
  left === 0 || right === 0 ? 0 : Math.min(ENDLESS, left * right);

/** A share of a number, rounded up. */
export const factor = (value: number, share: number): number => Math.min(ENDLESS, Math.ceil(value * share));

/** What a definition's schema says of values: how many elements they have, and what is below. */
export interface Declared {
  /** 0 for what has no elements, as numbers and objects. */
  readonly max: number;
  /** Least bytes in JSON. */
  readonly least: number;
  readonly field: (name: string) => Declared | undefined;
  readonly item?: Declared;
  readonly key?: Declared;
}

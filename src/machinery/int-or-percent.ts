/** Values that are a count or a share of a total: `maxSurge`, `maxUnavailable`, `minAvailable`. */
import { bad, good, type Result } from './result.ts';

export type IntOrString = number | string;

/**
 * The percentage in a text such as `25%`; refusals carry upstream's text (apimachinery util/intstr).
 */
export const parsePercent = (text: string): Result<number> => {
  if (!text.endsWith('%'))
    return bad('invalid value for IntOrString: invalid type: string is not a percentage');
  const digits = text.slice(0, -1);
  if (!/^[-+]?[0-9]+$/.test(digits)) {
    return bad(
      `invalid value for IntOrString: invalid value ${JSON.stringify(text)}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`,
    );
  }
  return good(Number(digits));
};

/**
 * The count that `value` means of `total`: a number is itself, a percentage is taken of the total and
 * rounded as said. Unreadable text is a refusal.
 */
export const scaledValue = (value: IntOrString, total: number, round: 'up' | 'down'): Result<number> => {
  if (typeof value === 'number') return good(value);
  const percent = parsePercent(value);
  if (!percent.ok) return percent;
  const exact = percent.value * total;
  return good(round === 'up' ? Math.ceil(exact / 100) : Math.floor(exact / 100));
};

/** Like `scaledValue` for values validation has passed: absent takes the fallback, unreadable text is 0. */
export const scaledOr = (
  value: IntOrString | undefined,
  fallback: IntOrString,
  total: number,
  round: 'up' | 'down',
): number => {
  const result = scaledValue(value ?? fallback, total, round);
  return result.ok ? result.value : 0;
};

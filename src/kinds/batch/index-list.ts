/** Lists of completion indexes such as `0-2,4` (pkg/apis/batch/validation, 1.36). */

import { bad, good, type Result } from '../../machinery/result.ts';

interface Interval {
  readonly first: number;
  readonly last: number;
}

const INTEGER = /^[+-]?\d+$/;

const parseIndex = (text: string, completions: number): Result<number> => {
  const value = Number(text);
  if (!INTEGER.test(text) || !Number.isSafeInteger(value)) {
    return bad(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  }
  return value >= completions ? bad(`too large index: ${JSON.stringify(text)}`) : good(value);
};

const parseInterval = (text: string, completions: number): Result<Interval> => {
  const parts = text.split('-');
  if (parts.length > 2) {
    const quoted = JSON.stringify(text);
    return bad(
      `the fragment ${quoted} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const first = parseIndex(parts[0] ?? '', completions);
  if (!first.ok) return first;
  if (parts.length === 1) return good({ first: first.value, last: first.value });
  const last = parseIndex(parts[1] ?? '', completions);
  if (!last.ok) return last;
  if (first.value >= last.value) {
    return bad(`non-increasing order, previous: ${first.value}, current: ${last.value}`);
  }
  return good({ first: first.value, last: last.value });
};

/** How many indexes a list names; a refusal carries upstream's text. An empty list names none. */
export const countIndexes = (text: string, completions: number): Result<number> => {
  if (text === '') return good(0);
  let previous: number | undefined;
  let total = 0;
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions);
    if (!interval.ok) return interval;
    const { first, last } = interval.value;
    if (previous !== undefined && previous >= first) {
      return bad(`non-increasing order, previous: ${previous}, current: ${first}`);
    }
    total += last - first + 1;
    previous = last;
  }
  return good(total);
};

/** The first index that two lists share; parts that cannot be read are passed over. */
export const sharedIndex = (left: string, right: string, completions: number): number | undefined => {
  const intervals = (text: string): Interval[] =>
    text.split(',').flatMap((part) => {
      const interval = parseInterval(part, completions);
      return interval.ok ? [interval.value] : [];
    });
  const others = intervals(right);
  for (const one of intervals(left)) {
    const other = others.find(({ first, last }) => one.first <= last && first <= one.last);
    if (other !== undefined) return Math.max(one.first, other.first);
  }
  return undefined;
};

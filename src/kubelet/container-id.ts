import { type Instant, parseTime } from '../machinery/time.ts';

/**
 * What a container's identifier carries beside being unique: the instant it started (the API's times have whole
 * seconds only) and how many starts in a row its back-off counts. Both are hidden in the last digits, so that nothing
 * has to be remembered between turns.
 */
export interface ContainerFacts {
  readonly startedAt: Instant;
  /** 0 for a first start, or the first after a long healthy run; at most 15. */
  readonly streak: number;
}

const SCHEME = 'containerd://';
const TIME_DIGITS = 11;
const FREE_DIGITS = 64 - TIME_DIGITS - 1;
const LONGEST_STREAK = 15;

const masked = (digits: string, mask: string): string =>
  [...digits]
    .map((digit, index) =>
      (Number.parseInt(digit, 16) ^ Number.parseInt(mask[index] ?? '0', 16)).toString(16),
    )
    .join('');

/** An identifier of a container. `random` gives 52 hex digits at least. */
export const makeContainerId = (facts: ContainerFacts, random: string): string => {
  const free = random.slice(0, FREE_DIGITS).padEnd(FREE_DIGITS, '0');
  const time = facts.startedAt.toString(16).padStart(TIME_DIGITS, '0');
  const streak = Math.min(facts.streak, LONGEST_STREAK).toString(16);
  return `${SCHEME}${free}${masked(`${streak}${time}`, free)}`;
};

/**
 * Reads the facts back. `startedText` is the start as the status tells it: for an identifier that somebody else made
 * its second is all that is known, and the streak is the number of restarts.
 */
export const containerFacts = (
  id: string | undefined,
  startedText: string | undefined,
  restarts: number,
): ContainerFacts => {
  const second = parseTime(startedText ?? '') ?? 0;
  const digits = id?.startsWith(SCHEME) ? id.slice(SCHEME.length) : '';
  if (digits.length === FREE_DIGITS + TIME_DIGITS + 1) {
    const plain = masked(digits.slice(FREE_DIGITS), digits);
    const startedAt = Number.parseInt(plain.slice(1), 16);
    if (startedAt >= second && startedAt < second + 1000) {
      return { startedAt, streak: Number.parseInt(plain.slice(0, 1), 16) };
    }
  }
  return { startedAt: second, streak: Math.min(restarts, LONGEST_STREAK) };
};

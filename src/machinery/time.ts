/** Time as data. An instant is an input of a turn; nothing here reads a clock. */

/** Milliseconds since the Unix epoch, an integer. */
export type Instant = number;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 in UTC with whole seconds (`metav1.Time`); milliseconds are cut, as upstream does. */
export const printTime = (at: Instant): string => {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastText = `${new Date(at).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
};

// A turn prints one instant many times over.
let lastSecond = Number.NaN;
let lastText = '';

/** RFC 3339 in UTC with six decimals (`metav1.MicroTime`). */
export const printMicroTime = (at: Instant): string => `${new Date(at).toISOString().slice(0, 23)}000Z`;

/** Parses RFC 3339 with any offset; `undefined` when the text is not a valid time. Cuts below a millisecond. */
export const parseTime = (text: string): Instant | undefined => plainTime(text) ?? anyTime(text);

const digits = (text: string, from: number, count: number): number => {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
};

/** `2026-01-31T23:59:59Z`, as nearly all times are, but for the ends of months; `undefined` for all else. */
const plainTime = (text: string): Instant | undefined => {
  if (text.length !== 20 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T') return undefined;
  if (text[13] !== ':' || text[16] !== ':' || text[19] !== 'Z') return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  // Comparisons with what is no number are false. Years below 100 are others to Date.UTC.
  const isPlain =
    year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 && minute < 60;
  return isPlain && second < 60 ? Date.UTC(year, month - 1, day, hour, minute, second) : undefined;
};

const anyTime = (text: string): Instant | undefined => {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const day = Number(match[3]);
  const daysInMonth = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  if (day < 1 || day > daysInMonth) return undefined;
  const at = Date.parse(text.toUpperCase());
  return Number.isNaN(at) ? undefined : Math.floor(at);
};

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
export const parseTime = (text: string): Instant | undefined => {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const day = Number(match[3]);
  const daysInMonth = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  if (day < 1 || day > daysInMonth) return undefined;
  const at = Date.parse(text.toUpperCase());
  return Number.isNaN(at) ? undefined : Math.floor(at);
};

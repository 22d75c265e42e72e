/**
 * Times as Go reads and prints them on the wire (metav1.Time and metav1.MicroTime): RFC 3339 with any offset in,
 * UTC out; refusals in the words of Go's `time` package, which clients see in 400 answers.
 */
import { bad, good, type Result } from './result.ts';
import { parseTime, printTime } from './time.ts';

interface Piece {
  /** Text of the layout, repeated in refusals. */
  readonly layout: string;
  readonly pattern: RegExp;
}

const literal = (layout: string): Piece => ({
  layout,
  pattern: new RegExp(`^${layout}`),
});

const SECONDS = '2006-01-02T15:04:05Z07:00';
const MICROS = '2006-01-02T15:04:05.000000Z07:00';

const digits = (layout: string): Piece => ({ layout, pattern: new RegExp(`^\\d{${layout.length}}`) });

const date: readonly Piece[] = [
  digits('2006'),
  literal('-'),
  digits('01'),
  literal('-'),
  digits('02'),
  literal('T'),
  { layout: '15', pattern: /^\d{1,2}/ },
  literal(':'),
  digits('04'),
  literal(':'),
];
const zone: Piece = { layout: 'Z07:00', pattern: /^(?:Z|[+-]\d{2}:\d{2})/ };
const pieces: Readonly<Record<string, readonly Piece[]>> = {
  [SECONDS]: [...date, { layout: '05', pattern: /^\d{2}(?:[.,]\d+)?/ }, zone],
  [MICROS]: [...date, digits('05'), { layout: '.000000', pattern: /^[.,]\d{6}/ }, zone],
};

const limits: readonly (readonly [string, number, number, string])[] = [
  ['01', 1, 12, 'month'],
  ['15', 0, 23, 'hour'],
  ['04', 0, 59, 'minute'],
  ['05', 0, 59, 'second'],
];

/** Why Go's time.Parse refuses a text, or `undefined` when it reads it. */
const refusal = (text: string, layout: string): string | undefined => {
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const piece of pieces[layout] ?? []) {
    const found = piece.pattern.exec(rest)?.[0];
    if (found === undefined)
      return `parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${piece.layout}"`;
    for (const [name, low, high, word] of limits) {
      const value = Number.parseInt(found, 10);
      if (piece.layout === name && (value < low || value > high))
        return `parsing time ${quoted}: ${word} out of range`;
    }
    rest = rest.slice(found.length);
  }
  if (rest !== '') return `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`;
  return parseTime(withoutComma(text)) === undefined ? `parsing time ${quoted}: day out of range` : undefined;
};

/** Go takes a comma before the fraction and any number of digits in it. */
const withoutComma = (text: string): string =>
  text.replace(/[.,](\d+)/, (_, fraction: string) => `.${fraction.slice(0, 9)}`);

const CANONICAL_SECONDS = /^\d{4}-(?:0[1-9]|1[0-2])-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const CANONICAL_MICROS =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/** The text upstream prints for a metav1.Time: UTC, whole seconds (fractions are cut). */
export const readGoTime = (text: string): Result<string> => {
  if (text.length === 20 && CANONICAL_SECONDS.test(text)) return good(text);
  const error = refusal(text, SECONDS);
  if (error !== undefined) return bad(error);
  return good(printTime(parseTime(withoutComma(text)) ?? 0));
};

/** The text upstream prints for a metav1.MicroTime: UTC, exactly six decimals, which it also demands. */
export const readGoMicroTime = (text: string): Result<string> => {
  if (text.length === 27 && CANONICAL_MICROS.test(text)) return good(text);
  const error = refusal(text, MICROS);
  if (error !== undefined) return bad(error);
  const micros = /[.,](\d{6})/.exec(text)?.[1] ?? '000000';
  return good(printTime(parseTime(withoutComma(text)) ?? 0).replace('Z', `.${micros}Z`));
};

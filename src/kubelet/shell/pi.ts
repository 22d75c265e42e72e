/** More digits than this are not computed: the model is for manifests. */
const MOST_DIGITS = 5000;
const GUARD = 10;

/** arctan(1/x) in units of 10^-scale, by its series. */
const arctanOf = (x: bigint, unit: bigint): bigint => {
  let term = unit / x;
  let sum = term;
  for (let divisor = 3n, sign = -1n; term > 0n; divisor += 2n, sign = -sign) {
    term /= x * x;
    sum += (sign * term) / divisor;
  }
  return sum;
};

/** The last answer: a Job's containers ask again and again for the same. */
const last = { digits: 0, text: '' };

/** Pi with so many digits in all, the last one rounded, as perl's `bpi` prints it (Machin's formula). */
export const piDigits = (wanted: number): string => {
  const digits = Math.min(Math.max(wanted, 2), MOST_DIGITS);
  if (last.digits === digits) return last.text;
  const unit = 10n ** BigInt(digits - 1 + GUARD);
  const pi = 4n * (4n * arctanOf(5n, unit) - arctanOf(239n, unit));
  const rounded = (pi + 5n * 10n ** BigInt(GUARD - 1)) / 10n ** BigInt(GUARD);
  const text = rounded.toString();
  Object.assign(last, { digits, text: `${text[0]}.${text.slice(1)}` });
  return last.text;
};

/**
 * String formats that a definition's schema may name (kube-openapi validation/strfmt, as apiextensions-apiserver
 * supports them). Names are compared without dashes; unknown ones are no constraint.
 */

import { parseDuration } from '../duration.ts';
import { parseCidr, parseIp } from '../ip.ts';
import { dns1123Label, dns1123Subdomain } from '../name-rules.ts';
import { matchesPattern } from './patterns.ts';

type Check = (text: string) => boolean;

const matching =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const digitsOf = (text: string): string => text.replaceAll(/[\s-]/g, '');

const isIsbn10: Check = (text) => {
  const digits = digitsOf(text);
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, char, index) => total + (10 - index) * (char === 'X' ? 10 : Number(char)),
    0,
  );
  return sum % 11 === 0;
};

const isIsbn13: Check = (text) => {
  const digits = digitsOf(text);
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = [...digits].reduce((total, char, index) => total + Number(char) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
};

const CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14})$/;

const isCreditCard: Check = (text) => {
  const digits = text.replaceAll(/\D/g, '');
  if (!CARD.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, char, index) => {
    const value = Number(char) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
};

const isDate: Check = (text) => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
};

const CLOCK = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/;

const isDateTime: Check = (text) => {
  const [date = '', clock] = text.toLowerCase().split('t');
  const match = clock === undefined ? null : CLOCK.exec(clock);
  if (match === null || !isDate(date)) return false;
  return (match[1] ?? '') <= '23' && (match[2] ?? '') <= '59' && (match[3] ?? '') <= '59';
};

const SPAN =
  /^(?:\d+\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*)+$/;

const isDuration: Check = (text) => parseDuration(text).ok || (text.length < 200 && SPAN.test(text));

// Go's old parser took leading zeros in IPv4 parts; schemas still do.
const SLOPPY = { leadingZeros: true };

const isIpv4: Check = (text) => !text.includes(':') && parseIp(text, SLOPPY) !== undefined;

const isIpv6: Check = (text) => text.includes(':') && !text.includes('%') && parseIp(text) !== undefined;

const MAC =
  /^(?:[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}|[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\2){6}[0-9a-fA-F]{2}|[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\3){18}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{4}\.){3}[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{4}\.){9}[0-9a-fA-F]{4})$/;

const HOST = '[a-zA-Z0-9\\p{S}\\p{L}]';
const HOSTNAME = `^(${HOST}((-?${HOST}{0,62})?)|(${HOST}(([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}${HOST})?)(\\.))){1,}([a-zA-Z\\p{L}]){2,63}$`;

const isHostname: Check = (text) =>
  text.length <= 255 && text.split('.').every((part) => part.length <= 63) && matchesPattern(HOSTNAME, text);

const isUri: Check = (text) =>
  /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|\/)[^\u0000-\u001f\u007f]*$/.test(text) &&
  !/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*[ <>"]/.test(text) &&
  !/%(?![0-9a-fA-F]{2})/.test(text);

const isEmail: Check = (text) =>
  text.length < 1000 && /^(?:[^<>@]*<)?[^\s<>@,;:\\"[\]()]+@[^\s<>@,;:\\"()]+>?$/.test(text);

const CHECKS: Readonly<Record<string, Check>> = {
  bsonobjectid: matching(/^[0-9a-fA-F]{24}$/),
  uri: isUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: (text) => parseCidr(text, SLOPPY) !== undefined,
  mac: matching(MAC),
  uuid: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matching(
    /^rgb\(\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/,
  ),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  k8sshortname: (text) => dns1123Label(text).length === 0,
  k8slongname: (text) => dns1123Subdomain(text).length === 0,
};

/** The check behind a format; `undefined` when the format constrains nothing. */
export const formatCheck = (format: string): Check | undefined => {
  const name = format.replaceAll('-', '');
  return Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
};

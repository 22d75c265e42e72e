import { describe, expect, it } from 'vitest';
import { humanDuration, parseDuration, printAge, printDuration } from './duration.ts';
import { parsePercent, scaledOr, scaledValue } from './int-or-percent.ts';
import {
  cidrContains,
  ipWarning,
  legacyIp,
  parseCidr,
  parseIp,
  printCidr,
  printIp,
  strictCidr,
  strictIp,
} from './ip.ts';
import {
  configMapKey,
  dns1123Label,
  labelValue,
  pathSegmentName,
  portName,
  qualifiedName,
} from './name-rules.ts';

describe('names', () => {
  it('accepts and refuses labels as upstream words it', () => {
    expect(dns1123Label('a-b')).toEqual([]);
    expect(dns1123Label('a.b')).toEqual(['must not contain dots']);
    expect(dns1123Label('A'.repeat(64))).toEqual([
      'must be no more than 63 characters',
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);
    expect(qualifiedName('a/b/c')).toHaveLength(1);
    expect(qualifiedName('/b')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedName('example.com/x_y.z')).toEqual([]);
    expect(labelValue('')).toEqual([]);
    expect(pathSegmentName('..')).toEqual(["may not be '..'"]);
    expect(pathSegmentName('a/b%')).toEqual(["may not contain '/'", "may not contain '%'"]);
    expect(portName('1--2')).toEqual([
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
    ]);
    expect(configMapKey('..a')).toEqual(["must not start with '..'"]);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
  ])('%s prints as %s', (text, printed) => {
    const address = parseIp(text);
    expect(address && printIp(address)).toBe(printed);
  });

  it.each(['', '1.2.3', '1.2.3.256', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '1.2.3.4::', 'g::', '1.2.3.4.5'])(
    '%j is no address',
    (text) => expect(legacyIp(text)).toHaveLength(1),
  );

  it('knows the strict rules and the warnings', () => {
    expect(strictIp('010.0.0.1')).toEqual(['must not have leading 0s']);
    expect(strictIp('::ffff:1.2.3.4')).toEqual(['must not be an IPv4-mapped IPv6 address']);
    expect(strictCidr('10.0.0.1/8')).toEqual(['must not have bits set beyond the prefix length']);
    expect(ipWarning('2001:DB8::1')).toContain('RFC 5952');
    expect(ipWarning('10.0.0.1')).toBeUndefined();
  });

  it('tells whether a prefix contains an address', () => {
    const prefix = parseCidr('10.1.2.3/20');
    const inside = parseIp('10.1.15.255');
    const outside = parseIp('10.1.16.0');
    if (!prefix || !inside || !outside) throw new Error('unreadable');
    expect(printCidr(prefix)).toBe('10.1.0.0/20');
    expect(cidrContains(prefix, inside)).toBe(true);
    expect(cidrContains(prefix, outside)).toBe(false);
  });
});

describe('counts and shares', () => {
  it('rounds as asked', () => {
    expect(scaledValue('25%', 10, 'up')).toEqual({ ok: true, value: 3 });
    expect(scaledValue('25%', 10, 'down')).toEqual({ ok: true, value: 2 });
    expect(scaledOr(undefined, '25%', 4, 'up')).toBe(1);
    expect(parsePercent('x')).toMatchObject({ ok: false });
  });
});

describe('durations', () => {
  it.each([
    ['1h30m', '1h30m0s'],
    ['1.5s', '1.5s'],
    ['-2m', '-2m0s'],
    ['0', '0s'],
    ['100ms', '100ms'],
    ['1us2ns', '1.002µs'],
  ])('%s prints as %s', (text, printed) => {
    const duration = parseDuration(text);
    expect(duration.ok && printDuration(duration.value)).toBe(printed);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['3', 'time: missing unit in duration "3"'],
    ['3x', 'time: unknown unit "x" in duration "3x"'],
    ['x', 'time: invalid duration "x"'],
  ])('refuses %j', (text, error) => expect(parseDuration(text)).toEqual({ ok: false, error }));

  it.each([
    [-5000, '<invalid>'],
    [-1500, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [125_000, '2m5s'],
    [600_000, '10m'],
    [3 * 3600_000, '3h'],
    [3.5 * 3600_000, '3h30m'],
    [47 * 3600_000, '47h'],
    [50 * 3600_000, '2d2h'],
    [9 * 86400_000, '9d'],
    [731 * 86400_000, '2y1d'],
    [3000 * 86400_000, '8y'],
  ])('%d ms is %s', (milliseconds, text) => expect(humanDuration(milliseconds)).toBe(text));

  it('has no age without a time', () => expect(printAge(undefined, 0)).toBe('<unknown>'));
});

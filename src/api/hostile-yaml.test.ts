import { expect, test } from 'vitest';
import { cpuTimeOf } from '../../test/support/cpu-time.ts';
import { parseYaml } from './body.ts';

/** Bodies that are small to send and dear to read, if one is not careful. The time is ten times what they take. */
const PATIENCE_MS = 10_000;

const nested = (open: string, inner: string, close: string, depth: number): string =>
  open.repeat(depth) + inner + close.repeat(depth);

const laughs = [
  'a: &a ["x","x","x","x","x","x","x","x","x"]',
  ...[...'bcdefghi'].map(
    (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`,
  ),
].join('\n');

const EXCESSIVE = 'yaml: document contains excessive aliasing';

const ROWS: readonly (readonly [what: string, text: string, error: string | RegExp])[] = [
  ['a billion laughs', laughs, EXCESSIVE],
  [
    'one anchor, a hundred thousand aliases',
    `a: &a 1\nb: [${Array(100_000).fill('*a').join(',')}]`,
    EXCESSIVE,
  ],
  [
    'a long list, ninety times',
    `a: &a [${Array(100_000).fill('x').join(',')}]\nb: [${Array(90).fill('*a').join(',')}]`,
    EXCESSIVE,
  ],
  ['an anchor in itself', 'a: &a [*a]', "yaml: anchor 'a' value contains itself"],
  ['an alias of nothing', 'a: *b', "yaml: unknown anchor 'b' referenced"],
  [
    'ten times ten times ten times a long text',
    `a: &a ${'x'.repeat(5000)}\n${[...'bcd'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abc'[index]}`).join(',')}]`).join('\n')}`,
    EXCESSIVE,
  ],
  ['commas', `[${','.repeat(250_000)}]`, /^yaml: /],
  ['closing braces', '}'.repeat(250_000), /^yaml: /],
  ['keys in keys', 'a: b: '.repeat(50_000), /^yaml: /],
  ['anchors on anchors', '&a '.repeat(80_000), /^yaml: /],
  ['ten thousand lists in lists', nested('[', '', ']', 10_000), /^yaml: |^exceeded max depth/],
  ['ten thousand maps in maps', nested('{a: ', '1', '}', 10_000), /^yaml: |^exceeded max depth/],
  [
    'a thousand levels of indentation',
    Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    /max depth/,
  ],
  ['more than a megabyte', `a: ${'x'.repeat(1_100_000)}`, /is larger than 1048576 bytes and not JSON$/],
];

test.each(ROWS)('%s is refused in time', (_what, text, error) => {
  const spent = cpuTimeOf(() => {
    const parsed = parseYaml(text);
    expect(parsed.value).toBeUndefined();
    expect(parsed.error).toMatch(error);
  });
  expect(spent).toBeLessThan(PATIENCE_MS);
});

test('a large object that is JSON is read, whatever its type says', () => {
  const data = 'x'.repeat(1_200_000);
  expect(parseYaml(JSON.stringify({ data })).value).toEqual({ data });
});

test('a hundred aliases are fine', () => {
  const text = `a: &a {x: 1}\nb: [${Array(100).fill('*a').join(',')}]`;
  expect((parseYaml(text).value as { b: unknown[] }).b).toHaveLength(100);
});

test('keys that name a prototype are keys', () => {
  const parsed = parseYaml('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}');
  expect(Object.keys(parsed.value as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

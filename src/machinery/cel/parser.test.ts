import { expect, test } from 'vitest';
import { printIssues } from './ast.ts';
import { compileCel } from './cel.ts';
import { parseCel } from './parser.ts';
import { type CelType, DYN } from './types.ts';

const errorOf = (source: string): string | undefined => {
  const parsed = parseCel(source);
  return parsed.ok ? undefined : printIssues(parsed.issues, source);
};

const environment = { variables: new Map<string, CelType>([['object', DYN]]) };

const evaluate = (source: string): unknown => {
  const made = compileCel(source, environment);
  return made.ok ? made.program.run(() => undefined, { left: 1_000_000 }) : made.error;
};

test.each([
  ['parentheses', `${'('.repeat(300)}1${')'.repeat(300)}`, 'expression recursion limit exceeded: 250'],
  ['open lists', '['.repeat(50_000), 'expression recursion limit exceeded: 250'],
  ['sums', Array(300).fill('1').join('+'), 'max recursion depth exceeded'],
  ['selections', `object${'.a'.repeat(300)}`, 'max recursion depth exceeded'],
  ['indexes', `object${'[0]'.repeat(300)}`, 'max recursion depth exceeded'],
  [
    'length',
    `"${'😀'.repeat(100_000)}"`,
    'expression code point size exceeds limit: size: 100002, limit 100000',
  ],
])('%s have a limit', (_name, source, message) => {
  expect(errorOf(source)).toBe(`ERROR: <input>:-1:0: ${message}`);
});

test('many terms and signs are no depth', () => {
  expect(evaluate(Array(10_000).fill('true').join(' && '))).toBe(true);
  expect(evaluate(`${Array(10_000).fill('false').join('||')}||true`)).toBe(true);
  expect(evaluate(`${'!'.repeat(50_001)}true`)).toBe(false);
  expect(evaluate(`${'-'.repeat(50_000)}1 == 1`)).toBe(true);
});

test.each([
  ['', "ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'['"],
  ['while', 'ERROR: <input>:1:1: reserved identifier: while\n | while\n | ^'],
  ['9223372036854775808', 'ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^'],
])('%j is refused', (source, message) => {
  expect(errorOf(source)?.slice(0, message.length)).toBe(message);
});

test('the least int is one', () => {
  expect(evaluate('-9223372036854775808 < 0')).toBe(true);
});

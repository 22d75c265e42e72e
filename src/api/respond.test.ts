import { expect, test } from 'vitest';
import { warned } from './respond.ts';

const told = (warnings: readonly string[]): readonly string[] =>
  (warned({}, warnings)['Warning'] ?? '').split(', ').map((text) => text.replace(/^299 - "(.*)"$/, '$1'));

test('warnings are told whole while they fit', () => {
  const fit = ['a'.repeat(2048), 'b'.repeat(2048)];
  expect(told(fit)).toEqual(fit);
  expect(told(['a', 'b', 'a'])).toEqual(['a', 'b']);
});

test('beyond that they are cut, and the rest is left out', () => {
  const many = Array.from(
    { length: 40 },
    (_, index) => `${String(index).padStart(3, '0')}${'x'.repeat(300)}`,
  );
  const shown = told(many);
  expect(shown).toHaveLength(16);
  expect(new Set(shown.map((text) => text.length))).toEqual(new Set([256]));
});

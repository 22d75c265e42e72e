import { expect, test } from 'vitest';
import { parseTime } from './time.ts';

const two = (value: number): string => String(value).padStart(2, '0');

test('plain times are read as any others', () => {
  for (const year of ['0099', '1000', '1999', '2026', '9999']) {
    for (const month of [0, 1, 2, 6, 12, 13]) {
      for (const day of [0, 1, 28, 29, 30, 31, 32]) {
        for (const clock of ['00:00:00', '23:59:59', '24:00:00', '23:60:00', '12:00:60', '1a:00:00']) {
          const text = `${year}-${two(month)}-${two(day)}T${clock}`;
          // An offset in words takes the long way.
          expect([text, parseTime(`${text}Z`)]).toEqual([text, parseTime(`${text}+00:00`)]);
        }
      }
    }
  }
});

test.each([
  '',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01 00:00:00Z',
  '2026/01/01T00:00:00Z',
  '-026-01-01T00:00:00Z',
])('%j is no time', (text) => expect(parseTime(text)).toBeUndefined());

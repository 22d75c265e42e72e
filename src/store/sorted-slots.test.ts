import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedSlots } from './sorted-slots.ts';

const name = (n: number): string => `/pods/${'abc'[n % 3]}/${String(n).padStart(5, '0')}`;
const PREFIXES = ['/pods/', '/pods/a/', '/pods/b/', '/pods/c/', '/pods/d/', '/'];

test('keys come as from one sorted list, however they came and went', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1500 }),
      fc.array(fc.nat({ max: 1600 }), { maxLength: 1500, size: 'max' }),
      fc.option(fc.nat({ max: 1600 }), { nil: undefined }),
      fc.option(fc.nat({ max: 40 }), { nil: undefined }),
      (initial, toggles, afterNumber, limit) => {
        const keys = new Set(Array.from({ length: initial }, (_, n) => name(n)));
        const sorted = () => [...keys].sort();
        const slots = new SortedSlots(sorted().map((key) => ({ key })));
        for (const n of toggles) {
          const key = name(n);
          if (keys.delete(key)) slots.remove(key);
          else {
            keys.add(key);
            slots.insert({ key });
          }
        }
        slots.remove('/pods/none');
        const after = afterNumber === undefined ? undefined : name(afterNumber);
        for (const prefix of PREFIXES) {
          const wanted = sorted().filter(
            (key) => key.startsWith(prefix) && (after === undefined || key > after),
          );
          expect(slots.count(prefix, after)).toBe(wanted.length);
          expect(slots.range(prefix, after, limit).map(({ key }) => key)).toEqual(wanted.slice(0, limit));
        }
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});

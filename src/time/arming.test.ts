import { expect, it } from 'vitest';
import { alarmInstant } from './arming.ts';

it.each([
  [
    'an unobserved cluster sleeps for free',
    { nextDue: 5, observed: false, outsideDue: undefined },
    undefined,
  ],
  ['an observed cluster wakes for its next work', { nextDue: 5, observed: true, outsideDue: undefined }, 5],
  ['an outside effect wakes it whoever looks', { nextDue: 5, observed: false, outsideDue: 9 }, 9],
  ['the earlier of the two wins', { nextDue: 12, observed: true, outsideDue: 9 }, 9],
  ['nothing due never wakes', { nextDue: undefined, observed: true, outsideDue: undefined }, undefined],
])('%s', (_name, input, expected) => {
  expect(alarmInstant(input)).toBe(expected);
});

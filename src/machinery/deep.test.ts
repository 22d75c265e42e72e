import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cloneJson,
  deepEqual,
  deepFreeze,
  fnv32a,
  safeEncode,
  safeSuffix,
  stableJson,
  utf8Length,
} from './deep.ts';

describe('deep', () => {
  it('treats absent and undefined as one, and ignores the order of keys', () => {
    expect(deepEqual({ a: 1, b: undefined, c: [1, { d: 2 }] }, { c: [1, { d: 2 }], a: 1 })).toBe(true);
    expect(deepEqual({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(deepEqual({ a: 1, b: 2 }, { a: 1 })).toBe(false);
    expect(deepEqual([1, 2], [2, 1])).toBe(false);
    expect(deepEqual([], {})).toBe(false);
    expect(deepEqual(null, {})).toBe(false);
  });

  it('copies without sharing and keeps odd keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const frozen = deepFreeze(cloneJson(value));
        const again = cloneJson(frozen);
        expect(deepEqual(again, value)).toBe(true);
        expect(stableJson(again)).toBe(stableJson(value));
        if (typeof again === 'object' && again !== null) expect(Object.isFrozen(again)).toBe(false);
      }),
      { seed: 3 },
    );
    const odd = cloneJson(JSON.parse('{"__proto__":{"a":1}}'));
    expect(JSON.stringify(odd)).toBe('{"__proto__":{"a":1}}');
  });

  it('hashes like Go', () => {
    expect(fnv32a('')).toBe(2166136261);
    expect(fnv32a('a')).toBe(0xe40c292c);
    expect(fnv32a('foobar')).toBe(0xbf9cf968);
    expect(safeEncode('1234567890')).toHaveLength(10);
    expect(safeSuffix('x')).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(safeSuffix('x')).not.toBe(safeSuffix('y'));
    expect(utf8Length('aé€😀')).toBe(10);
  });
});

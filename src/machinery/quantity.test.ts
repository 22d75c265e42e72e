import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantity,
  canonicalResource,
  compareQuantity,
  echoQuantity,
  parseQuantity,
  printQuantity,
  QUANTITY_FORMAT_ERROR,
  quantityMilli,
  quantityOf,
  quantityValue,
  subQuantity,
} from './quantity.ts';

describe('quantity', () => {
  it.each([
    ['0', '0'],
    ['1', '1'],
    ['1000m', '1'],
    ['100m', '100m'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1.', '1'],
    ['-0.5', '-500m'],
    ['+3', '3'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1Ki', '1Ki'],
    ['1024Ki', '1Mi'],
    ['1000Mi', '1000Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['0.1Ki', '102400m'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e2', '1200'],
    ['1000e0', '1e3'],
    ['1E', '1E'],
    ['100k', '100k'],
    ['1500k', '1500k'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['1u', '1u'],
    ['10000000000', '10G'],
    ['007', '7'],
    ['-', '0'],
    ['100Ei', '9223372036854775807'],
    ['1023Ki', '1023Ki'],
    ['512', '512'],
    ['0Gi', '0'],
  ])('prints %s canonically as %s', (text, canonical) => {
    const quantity = parseQuantity(text);
    expect(quantity.ok && printQuantity(quantity.value)).toBe(canonical);
  });

  it.each([
    ['', QUANTITY_FORMAT_ERROR],
    [' 1', QUANTITY_FORMAT_ERROR],
    ['1 ', QUANTITY_FORMAT_ERROR],
    ['abc', QUANTITY_FORMAT_ERROR],
    ['1.2.3', QUANTITY_FORMAT_ERROR],
    ['1X', QUANTITY_FORMAT_ERROR],
    ['1Kb', QUANTITY_FORMAT_ERROR],
    ['1K', "unable to parse quantity's suffix"],
    ['1mm', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
  ])('refuses %j', (text, error) => {
    expect(parseQuantity(text)).toEqual({ ok: false, error });
  });

  it('repeats short texts as written but rounds resource lists', () => {
    const echo = (text: string) => echoQuantity(quantityOf(text));
    expect(['1000m', '1024Mi', '0.5', '0.5Gi'].map(echo)).toEqual(['1000m', '1024Mi', '0.5', '512Mi']);
    expect(canonicalResource(quantityOf('1024Mi'))).toBe('1Gi');
    expect(canonicalResource(quantityOf('1u'))).toBe('1m');
  });

  it('rounds values away from zero', () => {
    expect(quantityValue(quantityOf('1100m'))).toBe(2);
    expect(quantityValue(quantityOf('-1100m'))).toBe(-2);
    expect(quantityMilli(quantityOf('1'))).toBe(1000);
    expect(quantityMilli(quantityOf('1u'))).toBe(1);
    expect(quantityOf(undefined).nano).toBe(0n);
    expect(quantityOf('junk').nano).toBe(0n);
  });

  it('adds and subtracts exactly and survives a round trip through text', () => {
    const number = fc.tuple(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.constantFrom('', 'm', 'k', 'Mi', 'Gi', 'u'),
    );
    fc.assert(
      fc.property(number, number, ([a, s], [b, t]) => {
        const left = quantityOf(`${a}${s}`);
        const right = quantityOf(`${b}${t}`);
        const sum = addQuantity(left, right);
        expect(compareQuantity(subQuantity(sum, right), left)).toBe(0);
        expect(quantityOf(printQuantity(sum)).nano).toBe(sum.nano);
      }),
    );
  });
});

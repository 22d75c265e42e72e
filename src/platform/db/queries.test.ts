import { describe, expect, it } from 'vitest';
import { openPlatformDatabase } from './queries.ts';

const binding = (): D1Database => ({}) as D1Database;

describe('the platform database', () => {
  it('is wrapped once, as every request asks for it', () => {
    const one = binding();
    expect(openPlatformDatabase(one)).toBe(openPlatformDatabase(one));
  });

  it('is another one behind another binding', () => {
    expect(openPlatformDatabase(binding())).not.toBe(openPlatformDatabase(binding()));
  });
});

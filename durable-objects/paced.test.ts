import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced } from './paced.ts';

describe('paced work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is done at once after a quiet time, and once for all calls until then', () => {
    const work = vi.fn(() => 5);
    const soon = paced(work);
    soon();
    soon();
    expect(work).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(work).toHaveBeenCalledTimes(1);
    soon();
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('waits for the end of the rest it asked for, and no longer', () => {
    const work = vi.fn(() => 5);
    const soon = paced(work);
    soon();
    vi.advanceTimersByTime(2);
    soon();
    vi.advanceTimersByTime(2);
    soon();
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('is done again when it asks for itself', () => {
    let left = 3;
    const soon = paced(() => {
      left -= 1;
      if (left > 0) soon();
      return 1;
    });
    soon();
    vi.runAllTimers();
    expect(left).toBe(0);
  });
});

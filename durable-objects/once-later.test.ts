import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onceLater } from './once-later.ts';

describe('work that is done once, later', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is one piece for all calls until then, and another for the next', () => {
    const work = vi.fn();
    const soon = onceLater(work, 100);
    soon();
    vi.advanceTimersByTime(99);
    soon();
    expect(work).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(work).toHaveBeenCalledTimes(1);
    soon();
    vi.advanceTimersByTime(100);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('is done again when it asks for itself', () => {
    let left = 3;
    const soon = onceLater(() => {
      left -= 1;
      if (left > 0) soon();
    }, 0);
    soon();
    vi.runAllTimers();
    expect(left).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { makePage, readCursor } from './page.ts';

describe('paging', () => {
  it('goes on after the last row that was shown', () => {
    const rows = [1, 2, 3].map((at) => ({ id: `c${at}`, createdAt: at }));
    const page = makePage(rows, 2, ({ id }) => id);
    expect(page.items).toEqual(['c1', 'c2']);
    expect(page.nextCursor).toMatch(/^[\w-]+$/);
    expect(readCursor(page.nextCursor ?? '')).toEqual({ createdAt: 2, id: 'c2' });
    expect(makePage(rows, 3, ({ id }) => id)).toEqual({ items: ['c1', 'c2', 'c3'] });
  });

  it.each(['nonsense', '%%%', btoa('1'), btoa('x_c1'), btoa('1_c1; DROP'), btoa(`1_${'x'.repeat(65)}`)])(
    'knows a cursor that no list made: %s',
    (cursor) => {
      expect(readCursor(cursor)).toBeUndefined();
    },
  );
});

import { describe, expect, it } from 'vitest';
import { makePage, parsePageRequest } from './page.ts';

const read = (query: string) => parsePageRequest(new URLSearchParams(query));

describe('paging', () => {
  it('has a default and bounds', () => {
    expect(read('')).toEqual({ limit: 50, after: undefined });
    for (const query of ['limit=0', 'limit=501', 'limit=x', 'limit=1.5', 'cursor=nonsense']) {
      expect(() => read(query), query).toThrow();
    }
  });

  it('goes on after the last row that was shown', () => {
    const rows = [1, 2, 3].map((at) => ({ id: `c${at}`, createdAt: at }));
    const page = makePage(rows, 2, ({ id }) => id);
    expect(page).toEqual({ items: ['c1', 'c2'], nextCursor: '2_c2' });
    expect(read(`cursor=${page.nextCursor}`).after).toEqual({ createdAt: 2, id: 'c2' });
    expect(makePage(rows, 3, ({ id }) => id)).toEqual({ items: ['c1', 'c2', 'c3'] });
  });
});

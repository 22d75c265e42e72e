import { expect, it } from 'vitest';
import { openSealer } from './sealing.ts';

it('gives a sealed text back to the same key and context only', async () => {
  const sealer = await openSealer('secret');
  const sealed = await sealer.seal('päss', 'webhook 1');
  expect(sealed).not.toContain('päss');
  expect(sealed).not.toBe(await sealer.seal('päss', 'webhook 1'));
  expect(await (await openSealer('secret')).open(sealed, 'webhook 1')).toBe('päss');
  expect(await sealer.open(sealed, 'webhook 2')).toBeUndefined();
  expect(await (await openSealer('other')).open(sealed, 'webhook 1')).toBeUndefined();
  for (const broken of ['', '.', 'x.y', `${sealed.slice(0, -4)}AAAA`]) {
    expect(await sealer.open(broken, 'webhook 1')).toBeUndefined();
  }
});

it('digests are the same for the same text and key, and for no other', async () => {
  const sealer = await openSealer('secret');
  expect(await sealer.digest('a')).toBe(await (await openSealer('secret')).digest('a'));
  expect(await sealer.digest('a')).not.toBe(await sealer.digest('b'));
  expect(await sealer.digest('a')).not.toBe(await (await openSealer('other')).digest('a'));
});

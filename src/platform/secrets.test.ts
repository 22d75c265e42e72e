import { expect, it } from 'vitest';
import {
  hashPassword,
  hashSecret,
  makeId,
  makeSecret,
  needsRehash,
  nobodysPassword,
  verifyPassword,
} from './secrets.ts';

it('ids are lower case, start with their prefix and differ', () => {
  const ids = Array.from({ length: 50 }, () => makeId('c'));
  expect(new Set(ids).size).toBe(50);
  for (const id of ids) expect(id).toMatch(/^c[a-z2-7]{20}$/);
});

it('secrets carry 256 bits', () => {
  expect(makeSecret('x_')).toMatch(/^x_[\w-]{43}$/);
});

it('only the hash of a secret is kept', async () => {
  expect(await hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('passwords are checked against their salted form', async () => {
  const stored = await hashPassword('correct horse');
  expect(stored).not.toBe(await hashPassword('correct horse'));
  expect(await verifyPassword('correct horse', stored)).toBe(true);
  expect(await verifyPassword('wrong horse', stored)).toBe(false);
  await expect(verifyPassword('x', 'md5$1$2$3')).rejects.toThrow('unknown password scheme');
});

it('a password of an older, cheaper form is known, and known to be old', async () => {
  // The first release stored one round, and did not say so.
  const cheap = await hashPassword('correct horse', 1);
  const first = cheap.replace('100000x1', '100000');
  expect(await verifyPassword('correct horse', first)).toBe(true);
  expect([needsRehash(first), needsRehash(cheap), needsRehash(cheap, 1)]).toEqual([true, true, false]);
  expect(needsRehash(await hashPassword('correct horse'))).toBe(false);
});

it("nobody's password is nobody's", async () => {
  for (const guess of ['', 'password']) expect(await verifyPassword(guess, nobodysPassword(1))).toBe(false);
});

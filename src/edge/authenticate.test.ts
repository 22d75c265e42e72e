import { describe, expect, it } from 'vitest';
import type { PlatformDatabase } from '../platform/db/queries.ts';
import { makeUserClaims, openTokenSigner, type TokenSigner } from '../platform/tokens.ts';
import { Authenticator, bearerToken, identityOfUserClaims } from './authenticate.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('bearerToken', () => {
  it.each([
    ['no credentials', {}, undefined],
    ['a header', { authorization: 'Bearer abc' }, 'abc'],
    ['any case of the scheme', { authorization: 'bearer abc' }, 'abc'],
    ['another scheme is no token, but credentials', { authorization: 'Basic abc' }, ''],
    ['nothing after the scheme', { authorization: 'Bearer ' }, ''],
    [
      'the subprotocol of browsers',
      { 'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${btoa('abc')}, v5.channel.k8s.io` },
      'abc',
    ],
    ['a broken subprotocol', { 'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.***' }, ''],
  ])('%s', (_name, headers, token) => {
    expect(bearerToken(new Headers(headers as Record<string, string>))).toBe(token);
  });
});

describe('identityOfUserClaims', () => {
  const claims = makeUserClaims('c1', { username: 'jane', groups: ['a', 'system:authenticated'] }, 60, NOW);

  it('adds the group of everybody once', () => {
    expect(identityOfUserClaims(claims, NOW)).toEqual({
      username: 'jane',
      groups: ['a', 'system:authenticated'],
    });
  });

  it('takes uid and extra, and nothing that is not text', () => {
    const extra = { scopes: ['x', 1], other: 'y' };
    expect(identityOfUserClaims({ ...claims, uid: 'u', extra, groups: 7 }, NOW)).toEqual({
      username: 'jane',
      uid: 'u',
      groups: ['system:authenticated'],
      extra: { scopes: ['x'], other: [] },
    });
  });

  it('dies with its time, and without a subject', () => {
    expect(identityOfUserClaims(claims, NOW + 60_000)).toBeUndefined();
    expect(identityOfUserClaims({ ...claims, sub: '' }, NOW)).toBeUndefined();
    expect(identityOfUserClaims({ ...claims, exp: undefined }, NOW)).toBeUndefined();
  });
});

const makeSigner = async (): Promise<TokenSigner> => {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ])) as CryptoKeyPair;
  return openTokenSigner(JSON.stringify(await crypto.subtle.exportKey('jwk', pair.privateKey)));
};

describe('Authenticator', () => {
  const noDatabase = undefined as unknown as PlatformDatabase;

  it('tells users, service accounts and strangers apart without the database', async () => {
    const signer = await makeSigner();
    const authenticator = new Authenticator(signer);
    const see = async (token: string | undefined, now = NOW) =>
      (await authenticator.authenticate(token, noDatabase, now)).kind;
    const user = await signer.sign(makeUserClaims('c1', { username: 'jane', groups: [] }, 60, NOW));
    const account = await signer.sign({ iss: 'https://host/clusters/c1', sub: 'system:serviceaccount:a:b' });
    expect(await see(undefined)).toBe('anonymous');
    expect(await see(user)).toBe('user');
    expect(await see(user, NOW + 61_000)).toBe('refused');
    expect(await see(account)).toBe('serviceAccount');
    expect(await see(await signer.sign({ iss: 'https://elsewhere', sub: 'x' }))).toBe('refused');
    expect(await see(await (await makeSigner()).sign({ iss: 'kubicle', sub: 'root' }))).toBe('refused');
    for (const token of ['', 'nonsense', 'a.b.c', 'x'.repeat(20_000)])
      expect(await see(token)).toBe('refused');
  });
});

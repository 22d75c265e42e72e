import { describe, expect, it } from 'vitest';
import { Authority, makeAuthorityRecord } from '../auth/authority.ts';
import type { PlatformDatabase } from '../platform/db/queries.ts';
import { makeUserClaims, openTokenSigner, type TokenSigner } from '../platform/tokens.ts';
import { Authenticator, bearerToken } from './authenticate.ts';
import { ClusterKeyRing } from './cluster-key-ring.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const noDatabase = undefined as unknown as PlatformDatabase;

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

const makeKey = async (kid?: string): Promise<JsonWebKey> => {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ])) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return kid === undefined ? jwk : ({ ...jwk, kid } as JsonWebKey);
};

const makeSigner = async (...kids: string[]): Promise<TokenSigner> =>
  openTokenSigner(JSON.stringify({ keys: await Promise.all(kids.map(makeKey)) }));

const makeAuthority = (clusterId: string, byte = 1): Authority =>
  new Authority(clusterId, makeAuthorityRecord(new Uint8Array(32).fill(byte), NOW));

const encode = (value: unknown): string =>
  btoa(typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** An authenticator that knows cluster c1, and how often it asked for keys. */
const make = async () => {
  const signer = await makeSigner('platform');
  const authority = makeAuthority('c1');
  const asked: string[] = [];
  const ring = new ClusterKeyRing((id) => {
    asked.push(id);
    return Promise.resolve(id === 'c1' ? authority.publicKeys(NOW) : []);
  });
  const authenticator = new Authenticator(signer, ring);
  const see = (token: string | undefined, now = NOW) => authenticator.authenticate(token, noDatabase, now);
  return { signer, authority, asked, see };
};

describe('Authenticator', () => {
  it('tells whose signature a token bears, and leaves the rest to the cluster', async () => {
    const { signer, authority, see } = await make();
    const claims = makeUserClaims('c1', { username: 'jane', groups: [] }, { ttlSeconds: 60, now: NOW });
    const text = await signer.sign(claims);
    expect(await see(undefined)).toEqual({ kind: 'anonymous' });
    expect(await see(text)).toEqual({ kind: 'token', clusterId: 'c1', token: { text, claims } });
    const account = authority.sign({ iss: 'anything', sub: 'x' });
    const keyId = authority.publicKeys(NOW)[0]?.kid;
    expect(await see(account)).toEqual({
      kind: 'token',
      clusterId: 'c1',
      token: { text: account, claims: { iss: 'anything', sub: 'x' }, keyId },
    });
  });

  it('believes the keys of an installation that changed them, not those of another one', async () => {
    const [old, next] = await Promise.all([makeKey('old'), makeKey('next')]);
    const before = await openTokenSigner(JSON.stringify(old));
    const after = await openTokenSigner(JSON.stringify({ keys: [next, old] }));
    const claims = { iss: 'kubicle', aud: ['c1'] };
    expect(await after.verify(await before.sign(claims))).toEqual(claims);
    expect(await before.verify(await after.sign(claims))).toBeUndefined();
    expect(await (await makeSigner('old')).verify(await before.sign(claims))).toBeUndefined();
  });

  it('asks a cluster for keys once, for a key it does not know again, but not for ever', async () => {
    const { authority, asked, see } = await make();
    await see(authority.sign({ n: 1 }));
    await see(authority.sign({ n: 2 }));
    expect(asked).toHaveLength(1);
    const stranger = makeAuthority('c1', 2).sign({ n: 3 });
    for (let attempt = 0; attempt < 9; attempt += 1)
      expect((await see(stranger, NOW + 4_999)).kind).toBe('refused');
    expect(asked).toHaveLength(4);
    await see(stranger, NOW + 5_000);
    expect(asked).toHaveLength(5);
    expect((await see(authority.sign({ n: 4 }), NOW + 5_000)).kind).toBe('token');
  });

  const forgeries: readonly (readonly [string, (good: string, kid: string) => string])[] = [
    ['nothing', () => ''],
    ['nonsense', () => 'nonsense'],
    ['three words', () => 'a.b.c'],
    ['a huge text', () => 'x'.repeat(20_000)],
    [
      'a huge header',
      (good) => `${encode({ alg: 'ES256', kid: 'k'.repeat(30_000) })}.${good.split('.')[1]}.x`,
    ],
    ['alg none', (good, kid) => `${encode({ alg: 'none', kid })}.${good.split('.')[1]}.`],
    ['alg none without a signature', (good, kid) => `${encode({ alg: 'none', kid })}.${good.split('.')[1]}`],
    [
      'another header',
      (good, kid) => `${encode({ alg: 'ES256', kid, typ: 'x' })}.${good.split('.').slice(1).join('.')}`,
    ],
    ['other claims', (good) => `${good.split('.')[0]}.${encode({ iss: 'y' })}.${good.split('.')[2]}`],
    [
      'an unknown key',
      (good) =>
        `${encode({ alg: 'ES256', kid: `c1.${'A'.repeat(43)}` })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'a key of another cluster',
      (good, kid) =>
        `${encode({ alg: 'ES256', kid: kid.replace('c1.', 'c2.') })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'a path for a key',
      (good) => `${encode({ alg: 'ES256', kid: '../../dev/null' })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'SQL for a key',
      (good) => `${encode({ alg: 'ES256', kid: "x' OR 1=1 --" })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'a number for a key',
      (good) => `${encode({ alg: 'ES256', kid: 7 })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'its own key in the header',
      (good, kid) =>
        `${encode({ alg: 'ES256', kid, jwk: { kty: 'EC' }, jku: 'https://evil.example' })}.${good.split('.').slice(1).join('.')}`,
    ],
    [
      'an unknown critical extension',
      (good, kid) =>
        `${encode({ alg: 'ES256', kid, crit: ['exp'], exp: 1 })}.${good.split('.').slice(1).join('.')}`,
    ],
  ];
  it.each(forgeries)('refuses %s', async (_name, forge) => {
    const { authority, see } = await make();
    const good = authority.sign({ iss: 'x' });
    const forged = forge(good, authority.publicKeys(NOW)[0]?.kid ?? '');
    expect((await see(forged)).kind).toBe('refused');
    expect((await see(good)).kind).toBe('token');
  });

  it('refuses the public key as a shared secret', async () => {
    const { authority, see } = await make();
    const [jwk] = authority.publicKeys(NOW);
    const point = new TextEncoder().encode(JSON.stringify(jwk));
    const key = await crypto.subtle.importKey('raw', point, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    const signed = `${encode({ alg: 'HS256', kid: jwk?.kid })}.${encode({ iss: 'x' })}`;
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed));
    const text = encode(String.fromCharCode(...new Uint8Array(mac)));
    expect((await see(`${signed}.${text}`)).kind).toBe('refused');
  });

  it('refuses good signatures over something that is no set of claims, or is for nobody', async () => {
    const { signer, authority, see } = await make();
    expect((await see(authority.sign([] as never))).kind).toBe('refused');
    expect((await see(authority.sign('text' as never))).kind).toBe('refused');
    for (const claims of [
      { iss: 'https://elsewhere', aud: ['c1'] },
      { iss: 'kubicle' },
      { iss: 'kubicle', aud: 'c1' },
      { iss: 'kubicle', aud: [] },
      { iss: 'kubicle', aud: ['c1', 'c2'] },
      { iss: 'kubicle', aud: [{ c1: true }] },
    ]) {
      expect((await see(await signer.sign(claims))).kind, JSON.stringify(claims)).toBe('refused');
    }
  });
});

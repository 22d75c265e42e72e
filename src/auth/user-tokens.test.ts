import { describe, expect, test } from 'vitest';
import { checkUserClaims, USER_ISSUER } from './user-tokens.ts';

const NOW = Date.UTC(2026, 0, 1);
const seconds = NOW / 1000;
const deps = { clusterId: 'c1', wallNow: NOW, isListed: (id: string) => id === 'known' };
const claims = {
  iss: USER_ISSUER,
  aud: ['c1'],
  sub: 'jane',
  groups: ['a', 'system:authenticated'],
  exp: seconds + 60,
};

describe('a user token', () => {
  test('gives its user, and the group of everybody once', () => {
    expect(checkUserClaims(deps, { ...claims, jti: 'known' })).toEqual({
      identity: { username: 'jane', groups: ['a', 'system:authenticated'] },
    });
  });

  test('gives uid and extra, and nothing that is not text', () => {
    const extra = { scopes: ['x', 1], other: 'y' };
    expect(checkUserClaims(deps, { ...claims, uid: 'u', extra, groups: 7 })).toEqual({
      identity: {
        username: 'jane',
        uid: 'u',
        groups: ['system:authenticated'],
        extra: { scopes: ['x'], other: [] },
      },
    });
  });

  test.each([
    ['that has expired', { exp: seconds }, 'token has expired'],
    ['from another clock', { nbf: seconds + 61 }, 'token is not valid yet'],
    ['that was revoked', { jti: 'gone' }, 'token has been revoked'],
    ['with an id that is none', { jti: 7 }, 'token has been revoked'],
    ['of another cluster', { aud: ['c2'] }, 'invalid bearer token'],
    ['of several clusters', { aud: ['c1', 'c2'] }, 'invalid bearer token'],
    ['with an audience that is no list', { aud: 'c1' }, 'invalid bearer token'],
    ['of another issuer', { iss: 'https://elsewhere' }, 'invalid bearer token'],
    ['of nobody', { sub: '' }, 'invalid bearer token'],
    ['without an end', { exp: undefined }, 'invalid bearer token'],
    ['with an end that is no number', { exp: String(seconds + 60) }, 'invalid bearer token'],
  ])('%s is refused', (_name, change, error) => {
    expect(checkUserClaims(deps, { ...claims, ...change })).toEqual({ error });
  });
});

import { describe, expect, test } from 'vitest';
import { makeObject, makePod } from '../../test/support/admission.ts';
import { makeMemoryLookup } from '../../test/support/memory-lookup.ts';
import { StatusError } from '../machinery/status.ts';
import { checkClaims } from './token-check.ts';
import { issueToken, type TokenRequestSpec } from './tokens.ts';

const issuer = 'https://issuer.example';
const start = Date.UTC(2026, 0, 1);
const account = makeObject('v1', 'ServiceAccount', { name: 'robot', namespace: 'ns', uid: 'u-sa' });
const node = makeObject('v1', 'Node', { name: 'n1', uid: 'u-node' });
const pod = makePod({ serviceAccountName: 'robot', nodeName: 'n1' }, { uid: 'u-pod' });
const secret = makeObject('v1', 'Secret', { name: 's', namespace: 'ns', uid: 'u-secret' });
const all = [account, node, pod, secret];

const issue = (spec: TokenRequestSpec, objects = all) =>
  issueToken(
    { lookup: makeMemoryLookup(objects), now: start, issuer, makeUid: () => 'jti-1' },
    'ns',
    'robot',
    spec,
  );
const check = (
  spec: TokenRequestSpec,
  options: { after?: number; objects?: typeof all; audiences?: string[] } = {},
) =>
  checkClaims(
    { lookup: makeMemoryLookup(options.objects ?? all), now: start + (options.after ?? 0), issuer },
    { ...issue(spec).claims },
    options.audiences,
  );
const bound: TokenRequestSpec = {
  boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'u-pod' },
};

describe('a new token', () => {
  test('is for the issuer and an hour unless asked otherwise', () => {
    const { claims, spec, expirationTimestamp } = issue({});
    expect(spec).toMatchObject({ audiences: [issuer], expirationSeconds: 3600 });
    expect(expirationTimestamp).toBe('2026-01-01T01:00:00Z');
    expect(claims).toEqual({
      aud: [issuer],
      exp: start / 1000 + 3600,
      iat: start / 1000,
      iss: issuer,
      jti: 'jti-1',
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u-sa' } },
      nbf: start / 1000,
      sub: 'system:serviceaccount:ns:robot',
    });
  });

  test('of a kubelet lives a year and warns after the hour', () => {
    const { claims, expirationTimestamp } = issue({ ...bound, expirationSeconds: 3607 });
    expect(claims.exp - claims.iat).toBe(365 * 24 * 3600);
    expect(claims['kubernetes.io'].warnafter).toBe(claims.iat + 3607);
    expect(claims['kubernetes.io'].node).toEqual({ name: 'n1', uid: 'u-node' });
    expect(expirationTimestamp).toBe('2026-01-01T01:00:07Z');
  });

  const rows: readonly [string, TokenRequestSpec, string][] = [
    ['for less than ten minutes', { expirationSeconds: 599 }, '422'],
    ['bound to another kind', { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'c' } }, '400'],
    [
      'bound to a pod that is gone',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } },
      '404',
    ],
    [
      'bound to a pod of another uid',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'x' } },
      '409',
    ],
  ];
  test.each(rows)('%s is refused', (_name, spec, code) => {
    expect(() => issue(spec)).toThrow(StatusError);
    try {
      issue(spec);
    } catch (error) {
      expect(String((error as StatusError).status.code)).toBe(code);
    }
  });
});

describe('claims of a token', () => {
  test('give the account with its groups and what it is bound to', () => {
    expect(check(bound)).toEqual({
      audiences: [issuer],
      identity: {
        username: 'system:serviceaccount:ns:robot',
        uid: 'u-sa',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': ['JTI=jti-1'],
          'authentication.kubernetes.io/node-name': ['n1'],
          'authentication.kubernetes.io/node-uid': ['u-node'],
          'authentication.kubernetes.io/pod-name': ['p'],
          'authentication.kubernetes.io/pod-uid': ['u-pod'],
        },
      },
    });
  });

  const invalidated = 'service account token has been invalidated';
  const recreated = makeObject('v1', 'ServiceAccount', { name: 'robot', namespace: 'ns', uid: 'other' });
  const rows: readonly [string, TokenRequestSpec, Parameters<typeof check>[1], string][] = [
    ['expire, a minute late', {}, { after: 3660_001 }, 'service account token has expired'],
    ['do not begin before their time', {}, { after: -60_001 }, 'service account token is not valid yet'],
    ['die with the pod', bound, { objects: [account, node] }, invalidated],
    [
      'die with the secret',
      { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's' } },
      { objects: [account] },
      invalidated,
    ],
    ['die with the account', {}, { objects: [] }, 'serviceaccounts "robot" not found'],
    [
      'die when the account is made anew',
      {},
      { objects: [recreated] },
      'service account UID (other) does not match claim (u-sa)',
    ],
    [
      'are for their audience only',
      { audiences: ['vault'] },
      {},
      `token audiences ["vault"] is invalid for the target audiences ["${issuer}"]`,
    ],
  ];
  test.each(rows)('%s', (_name, spec, options, error) => {
    expect(check(spec, options)).toEqual({ error });
  });

  test('of another issuer say nothing', () => {
    expect(
      checkClaims(
        { lookup: makeMemoryLookup(all), now: start, issuer: 'https://other' },
        { ...issue({}).claims },
      ),
    ).toEqual({
      error: 'invalid bearer token',
    });
  });
});

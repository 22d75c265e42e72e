import { describe, expect, test } from 'vitest';
import { StatusError } from '../machinery/status.ts';
import type { Attributes } from './attributes.ts';
import type { Identity } from './identity.ts';
import { impersonate } from './impersonation.ts';
import type { Authorizer } from './rbac.ts';

/** Allows exactly these `verb resource[/subresource] name`. */
const allowing = (...allowed: string[]): Authorizer => ({
  authorize: (_identity, attributes) => {
    const text =
      attributes.path === undefined
        ? `${attributes.verb} ${attributes.resource}${attributes.subresource ? `/${attributes.subresource}` : ''} ${attributes.name ?? ''}`
        : `${attributes.verb} ${attributes.path}`;
    return { allowed: allowed.includes(text), reason: '' };
  },
  grants: () => [],
  resolve: () => ({ rules: [] }),
});

const caller: Identity = { username: 'ann', groups: ['system:authenticated'] };
const listPods: Attributes = { verb: 'list', group: '', resource: 'pods', namespace: 'ns' };

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return `${error.status.code} ${error.status.message}`;
    throw error;
  }
  return 'allowed';
};

describe('impersonate', () => {
  test('without headers the caller stays who it is', () => {
    expect(impersonate(allowing(), caller, { accept: '*/*' }, listPods)).toBe(caller);
  });

  test('a user and groups are checked with the old verb and get system:authenticated', () => {
    const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'dev, ops' };
    const authorizer = allowing('impersonate users bob', 'impersonate groups dev', 'impersonate groups ops');
    expect(impersonate(authorizer, caller, headers)).toEqual({
      username: 'bob',
      groups: ['dev', 'ops', 'system:authenticated'],
    });
  });

  test('an account brings its groups along', () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:ns:robot' };
    expect(impersonate(allowing('impersonate serviceaccounts robot'), caller, headers).groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:ns',
      'system:authenticated',
    ]);
  });

  test('uid and extras are checked and kept; keys are decoded', () => {
    const headers = {
      'impersonate-user': 'bob',
      'impersonate-uid': '7',
      'impersonate-extra-example.com%2fteam': 'red',
    };
    const authorizer = allowing(
      'impersonate users bob',
      'impersonate uids 7',
      'impersonate userextras/example.com/team red',
    );
    expect(impersonate(authorizer, caller, headers)).toEqual({
      username: 'bob',
      uid: '7',
      groups: ['system:authenticated'],
      extra: { 'example.com/team': ['red'] },
    });
  });

  test('nobody is unauthenticated', () => {
    const headers = { 'impersonate-user': 'system:anonymous' };
    expect(impersonate(allowing('impersonate users system:anonymous'), caller, headers).groups).toEqual([
      'system:unauthenticated',
    ]);
  });

  test('a constrained mode needs the request and the user', () => {
    const headers = { 'impersonate-user': 'bob' };
    const both = allowing('impersonate-on:user-info:list pods ', 'impersonate:user-info users bob');
    expect(impersonate(both, caller, headers, listPods).username).toBe('bob');
    expect(
      refusal(() => impersonate(allowing('impersonate:user-info users bob'), caller, headers, listPods)),
    ).toBe(
      '403 pods is forbidden: User "ann" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "ns"',
    );
  });

  test('a constrained node is in system:nodes', () => {
    const authorizer = allowing(
      'impersonate-on:arbitrary-node:list pods ',
      'impersonate:arbitrary-node nodes n1',
    );
    expect(
      impersonate(authorizer, caller, { 'impersonate-user': 'system:node:n1' }, listPods).groups,
    ).toEqual(['system:nodes', 'system:authenticated']);
  });

  test('parts without a user are a bad request', () => {
    expect(refusal(() => impersonate(allowing(), caller, { 'impersonate-group': 'g' }))).toBe(
      '400 requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
    );
  });
});

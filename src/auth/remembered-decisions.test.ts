/** Decisions are remembered; nobody may get the answer to somebody else's question, whatever texts they ask with. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binding, open, role, user } from '../../test/support/access.ts';
import type { Attributes } from './attributes.ts';
import type { Identity } from './identity.ts';

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const group = (name: string) => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });
const objects = [
  role('paths', '', { verbs: ['*'], nonResourceURLs: ['*'] }),
  role('logs', '', { verbs: ['get'], apiGroups: [''], resources: ['*/log'] }),
  role('named', '', {
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    resourceNames: ['web', '', '/log'],
  }),
  role('all', 'a', everything),
  binding('paths', '', 'ClusterRole/paths', user('ann')),
  binding('logs', '', 'ClusterRole/logs', user('ann')),
  binding('named', '', 'ClusterRole/named', user('bob')),
  binding('all', 'a', 'Role/all', group('admins'), user('bob')),
];

const ask = (verb: string, resource: string, more: Partial<Attributes> = {}): Attributes =>
  ({ verb, group: '', resource, namespace: '', ...more }) as Attributes;

const ann: Identity = { username: 'ann', groups: [] };

describe('a remembered decision', () => {
  it.each<[string, Identity, Attributes, Identity, Attributes]>([
    ['a path for a resource', ann, { verb: 'list', path: '\nsecrets\n\n' }, ann, ask('list', 'secrets')],
    ['a shorter such path', ann, { verb: 'list', path: '\nsecrets\n' }, ann, ask('list', 'secrets')],
    [
      'a group for part of a name',
      { username: 'eve', groups: ['admins'] },
      ask('get', 'pods', { namespace: 'a' }),
      { username: 'eve\nadmins', groups: [] },
      ask('get', 'pods', { namespace: 'a' }),
    ],
    [
      'a subresource for part of a resource',
      ann,
      ask('get', 'pods', { subresource: 'log' }),
      ann,
      ask('get', 'pods/log'),
    ],
    [
      'a name for another',
      { username: 'bob', groups: [] },
      ask('get', 'pods', { name: 'web' }),
      { username: 'bob', groups: [] },
      ask('get', 'pods', { name: 'other' }),
    ],
  ])('does not take %s', (_what, one, allowed, other, refused) => {
    const { authorizer } = open(objects);
    expect(authorizer.authorize(one, allowed).allowed).toBe(true);
    expect(authorizer.authorize(other, refused).allowed).toBe(false);
    expect(authorizer.authorize(one, allowed).allowed).toBe(true);
  });

  it('is what would be decided anew, for whatever is asked', () => {
    const text = fc.constantFrom(
      '',
      'a',
      'get',
      'pods',
      'log',
      'web',
      '/log',
      '=web',
      '\n',
      'pods\n',
      '\npods',
      'pods/log',
    );
    const identity = fc.record({
      username: fc.constantFrom('ann', 'bob', 'ann\nadmins', 'eve'),
      groups: fc.subarray(['admins', 'others', 'admins\nothers']),
    });
    const attributes: fc.Arbitrary<Attributes> = fc.oneof(
      fc.record({ verb: text, path: text }),
      fc.record({ verb: text, group: text, resource: text, subresource: text, name: text, namespace: text }),
    );
    const questions = fc.array(fc.tuple(identity, attributes), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(questions, (asked) => {
        const { authorizer } = open(objects);
        for (const [who, what] of asked) {
          expect(authorizer.authorize(who, what)).toEqual(open(objects).authorizer.authorize(who, what));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('may be forgotten: the answer stays the same', () => {
    const { authorizer } = open(objects);
    for (let index = 0; index < 25_000; index += 1) {
      const who = { username: `user-${index % 5000}`, groups: index % 2 === 0 ? ['admins'] : [] };
      const { allowed } = authorizer.authorize(who, ask(`verb-${index}`, 'pods', { namespace: 'a' }));
      if (allowed !== (index % 2 === 0)) throw new Error(`wrong answer to question ${index}`);
    }
  });

  it('does not keep whatever length of text was asked about', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { authorizer } = open(objects);
    const before = heap();
    for (let index = 0; index < 100; index += 1) {
      // From a buffer, so that every text lies in memory for itself.
      const text = Buffer.alloc(1_000_000, `${index} `).toString('latin1');
      expect(authorizer.authorize(ann, ask('get', text)).allowed).toBe(false);
      expect(authorizer.authorize(ann, ask('get', 'pods', { namespace: text })).allowed).toBe(false);
      expect(authorizer.authorize(ann, { verb: 'get', path: text }).allowed).toBe(true);
    }
    expect(heap() - before).toBeLessThan(30_000_000);
    expect(authorizer.authorize(ann, ask('get', 'pods', { subresource: 'log' })).allowed).toBe(true);
  });
});

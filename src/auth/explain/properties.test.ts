import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binding, ci, dev, GROUP, nameOf, open, role, user } from '../../../test/support/access.ts';
import { makeMemoryLookup } from '../../../test/support/memory-lookup.ts';
import type { PolicyRule, Subject } from '../../kinds/generated/types.ts';
import { applyJsonPatch } from '../../machinery/json-patch.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Attributes } from '../attributes.ts';
import type { Identity } from '../identity.ts';
import { serviceAccountUsername } from '../service-account-names.ts';
import { diffAccess } from './diff.ts';
import { explain } from './explain.ts';
import { accessMatrix } from './matrix.ts';
import { whoCan } from './who-can.ts';

const verbs = ['get', 'list', 'create', 'delete', '*'];
const groups = ['', 'apps', '*'];
const resources = ['pods', 'pods/log', 'deployments', '*/scale', '*', 'deployments/scale'];
const names = ['a', 'b'];
const namespaces = ['shop', 'store'];
const paths = ['/healthz', '/logs/a', '/logs/*', '*'];

const some = (values: readonly string[]) => fc.subarray([...values], { minLength: 1, maxLength: 2 });

const ruleArbitrary: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({ verbs: some(verbs), apiGroups: some(groups), resources: some(resources) }),
  fc.record({
    verbs: some(verbs),
    apiGroups: some(groups),
    resources: some(resources),
    resourceNames: some(names),
  }),
  fc.record({ verbs: some(verbs), nonResourceURLs: some(paths) }),
);

const subjectArbitrary: fc.Arbitrary<Subject> = fc.oneof(
  fc.constantFrom('dev', 'Dev', 'jane', 'ci', 'system:serviceaccount:shop:ci').map(user),
  fc.constantFrom('builders', 'system:authenticated', 'system:serviceaccounts:shop').map((name) => ({
    kind: 'Group',
    apiGroup: GROUP,
    name,
  })),
  fc.record({
    kind: fc.constant('ServiceAccount'),
    name: fc.constantFrom('ci', 'dev'),
    namespace: fc.constantFrom('shop', 'store'),
  }),
);

const scope = fc.constantFrom('', ...namespaces);

/** One object a name, as in a cluster. */
const distinct = (objects: readonly KubeObject[]): KubeObject[] => [
  ...new Map(objects.map((object) => [nameOf(object), object])).values(),
];

const policyArbitrary = fc
  .record({
    roles: fc.array(
      fc.record({
        name: fc.constantFrom('x', 'y'),
        namespace: scope,
        rules: fc.array(ruleArbitrary, { maxLength: 3 }),
      }),
      { maxLength: 5 },
    ),
    bindings: fc.array(
      fc.record({
        name: fc.constantFrom('p', 'q', 'r'),
        namespace: scope,
        ref: fc.constantFrom('Role/x', 'Role/y', 'ClusterRole/x', 'ClusterRole/y'),
        subjects: fc.array(subjectArbitrary, { maxLength: 3 }),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ roles, bindings }) =>
    distinct([
      ...roles.map(({ name, namespace, rules }) => role(name, namespace, ...rules)),
      ...bindings.map(({ name, namespace, ref, subjects }) =>
        binding(name, namespace, namespace === '' ? ref.replace(/^Role/, 'ClusterRole') : ref, ...subjects),
      ),
    ]),
  );

const attributesArbitrary: fc.Arbitrary<Attributes> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('get', 'create'),
    path: fc.constantFrom('/healthz', '/logs/a', '/logs/b'),
  }),
  fc.record({
    verb: fc.constantFrom('get', 'list', 'delete'),
    group: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom('pods', 'deployments'),
    subresource: fc.constantFrom('', 'log', 'scale'),
    namespace: fc.constantFrom('', ...namespaces),
    name: fc.constantFrom('', 'a'),
  }),
);

const identities: readonly Identity[] = [
  dev,
  ci,
  { username: 'jane', groups: ['system:authenticated'] },
  { username: 'root', groups: ['system:masters', 'system:authenticated'] },
];

const identityArbitrary = fc.constantFrom(...identities);

describe('whatever the roles and bindings are', () => {
  test('an explanation never disagrees with the authorizer', () => {
    fc.assert(
      fc.property(
        policyArbitrary,
        attributesArbitrary,
        identityArbitrary,
        (objects, attributes, identity) => {
          const deps = open(objects);
          const { allowed } = deps.authorizer.authorize(identity, attributes);
          const answer = explain(deps, identity, attributes);
          expect(answer.allowed).toBe(allowed);
          expect(answer.grants.length > 0).toBe(allowed);
          if (allowed) expect(answer.nearestMisses).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('what is said to be missing is all that is missing', () => {
    fc.assert(
      fc.property(
        policyArbitrary,
        attributesArbitrary,
        identityArbitrary,
        (objects, attributes, identity) => {
          for (const miss of explain(open(objects), identity, attributes).nearestMisses) {
            if (miss.fix.patch === undefined) continue;
            const changed = objects.map((object) => {
              const { name, namespace } = object.metadata;
              const isIt =
                object.kind === miss.object.kind &&
                name === miss.object.name &&
                namespace === miss.object.namespace;
              return isIt
                ? (applyJsonPatch(
                    structuredClone(object) as never,
                    miss.fix.patch as never,
                  ) as unknown as KubeObject)
                : object;
            });
            expect(open(changed).authorizer.authorize(identity, attributes).allowed).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('who can agrees for every identity', () => {
    fc.assert(
      fc.property(
        policyArbitrary,
        attributesArbitrary,
        identityArbitrary,
        (objects, attributes, identity) => {
          const { lookup, authorizer } = open(objects);
          const able = whoCan(lookup, attributes).some(({ subject: { kind, name, namespace = '' } }) =>
            kind === 'Group'
              ? identity.groups.includes(name)
              : identity.username === (kind === 'User' ? name : serviceAccountUsername(namespace, name)),
          );
          expect(able).toBe(authorizer.authorize(identity, attributes).allowed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('the matrix agrees cell by cell', () => {
    const asked = ['pods', 'pods/log', 'deployments'].map((resource) => ({
      group: resource === 'deployments' ? 'apps' : '',
      resource,
      namespaced: true,
      verbs: ['get', 'list', 'delete'],
    }));
    fc.assert(
      fc.property(policyArbitrary, identityArbitrary, (objects, identity) => {
        const { authorizer } = open(objects);
        const matrix = accessMatrix(authorizer, identity, asked, namespaces);
        const everywhere = matrix.scopes.find(({ namespace }) => namespace === '');
        for (const namespace of ['', ...namespaces]) {
          const scopeOf = matrix.scopes.find((one) => one.namespace === namespace) ?? everywhere;
          for (const { group, resource, verbs: all } of asked) {
            const [base = '', subresource = ''] = resource.split('/');
            const cell = scopeOf?.resources.find((one) => one.group === group && one.resource === resource);
            for (const verb of all) {
              for (const name of ['', ...names]) {
                const attributes = { verb, group, resource: base, subresource, namespace, name };
                const listed =
                  cell?.verbs.includes(verb) ||
                  (name !== '' && cell?.named?.some((one) => one.name === name && one.verbs.includes(verb)));
                expect(listed ?? false).toBe(authorizer.authorize(identity, attributes).allowed);
              }
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a state does not differ from itself, and what one gains the other loses', () => {
    fc.assert(
      fc.property(policyArbitrary, policyArbitrary, (one, other) => {
        const [before, after] = [makeMemoryLookup(one), makeMemoryLookup(other)];
        expect(diffAccess(before, before)).toEqual({ objects: [], subjects: [] });
        const there = diffAccess(before, after).subjects.map(({ subject, gained }) => ({ subject, gained }));
        const back = diffAccess(after, before).subjects.map(({ subject, lost }) => ({
          subject,
          gained: lost,
        }));
        expect(there).toEqual(back);
      }),
      { numRuns: 300 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import { parsePolicy } from './parse-policy.ts';
import { type PolicyRule, ruleMatches, type Subject } from './policy.ts';

const pod = (more: object = {}): Subject => ({
  verb: 'get',
  path: '/api/v1/namespaces/shop/pods/a',
  resource: { group: '', resource: 'pods', subresource: '', namespace: 'shop', name: 'a', ...more },
});
const path = (text: string): Subject => ({ verb: 'get', path: text, resource: undefined });
const user = { username: 'dev', groups: ['team'] };
const resources = (...names: string[]): Partial<PolicyRule> => ({
  resources: [{ group: '', resources: names }],
});

describe('a rule matches', () => {
  const table: readonly [what: string, rule: Partial<PolicyRule>, subject: Subject, expected: boolean][] = [
    ['everything when it says nothing', {}, path('/x'), true],
    ['its users', { users: ['dev'] }, pod(), true],
    ['no other user', { users: ['eve'] }, pod(), false],
    ['its groups', { userGroups: ['team'] }, pod(), true],
    ['its verbs', { verbs: ['list'] }, pod(), false],
    ['its namespaces', { namespaces: ['shop'] }, pod(), true],
    ['cluster scope as the empty namespace', { namespaces: [''] }, pod({ namespace: '' }), true],
    ['no path when it has namespaces', { namespaces: [''] }, path('/x'), false],
    ['a resource', resources('pods'), pod(), true],
    ['not a subresource by its resource', resources('pods'), pod({ subresource: 'log' }), false],
    ['a subresource', resources('pods/log'), pod({ subresource: 'log' }), true],
    ['all of a resource', resources('pods/*'), pod(), true],
    ['all its subresources', resources('pods/*'), pod({ subresource: 'log' }), true],
    ['a subresource of anything', resources('*/log'), pod({ subresource: 'log' }), true],
    ['anything in the group', resources('*'), pod({ subresource: 'log' }), true],
    ['a whole group', { resources: [{ group: '' }] }, pod(), true],
    ['no other group', { resources: [{ group: 'apps' }] }, pod(), false],
    ['a name', { resources: [{ resources: ['pods'], resourceNames: ['a'] }] }, pod(), true],
    ['no other name', { resources: [{ resources: ['pods'], resourceNames: ['b'] }] }, pod(), false],
    ['a path', { nonResourceURLs: ['/x'] }, path('/x'), true],
    ['a path by its start', { nonResourceURLs: ['/x/*'] }, path('/x/y'), true],
    ['no resource by a path', { nonResourceURLs: ['*'] }, pod(), false],
  ];
  test.each(table)('%s', (_what, rule, subject, expected) => {
    expect(ruleMatches({ level: 'Metadata', ...rule }, subject, user)).toBe(expected);
  });

  test('nobody by user or group', () => {
    expect(ruleMatches({ level: 'None', users: [''] }, pod(), undefined)).toBe(false);
    expect(ruleMatches({ level: 'None', userGroups: ['team'] }, pod(), undefined)).toBe(false);
  });
});

describe('a policy is read', () => {
  const parse = (rule: object, more: object = {}) =>
    parsePolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [rule], ...more });

  test('with every field of a rule', () => {
    const rule = {
      level: 'Request',
      users: ['a'],
      userGroups: ['b'],
      verbs: ['get'],
      resources: [{ group: 'apps', resources: ['deployments'], resourceNames: ['web'] }],
      namespaces: ['shop'],
      omitStages: ['RequestReceived'],
      omitManagedFields: true,
    };
    expect(parse(rule)).toEqual({ policy: { rules: [rule] } });
  });

  const refusals: readonly [rule: unknown, problem: string][] = [
    [{}, 'rules[0].level: Required value'],
    [{ level: 'All' }, 'rules[0].level: Unsupported value: "All"'],
    [{ level: 'None', verbs: 'get' }, 'rules[0].verbs: Invalid value: must be a list of strings'],
    [
      { level: 'None', nonResourceURLs: ['x'] },
      'rules[0].nonResourceURLs[0]: Invalid value: "x": non-resource URL rules must begin with a \'/\' character',
    ],
    [{ level: 'None', nonResourceURLs: ['/a*b'] }, "wildcards '*' must be the final character"],
    [
      { level: 'None', nonResourceURLs: ['/a'], namespaces: ['b'] },
      'rules cannot apply to both regular resources and non-resource URLs',
    ],
    [{ level: 'None', resources: [{ group: 'apps/v1' }] }, 'rules[0].resources[0].group: Invalid value'],
    [
      { level: 'None', resources: [{ resourceNames: ['a'] }] },
      'using resourceNames requires at least one resource',
    ],
    [
      { level: 'None', omitStages: ['Later'] },
      'rules[0].omitStages[0]: Invalid value: "Later": allowed stages are',
    ],
    [{ level: 'None', usres: ['a'] }, 'unknown field "rules[0].usres"'],
  ];
  test.each(refusals)('not %j', (rule, problem) => {
    expect(parse(rule as object)).toMatchObject({ problems: [expect.stringContaining(problem)] });
  });

  test.each([null, [], 'x', {}, { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' }])('not %j', (given) => {
    expect(parsePolicy(given)).toHaveProperty('problems');
  });

  test('with at most 200 rules', () => {
    const rules = (count: number) => ({ rules: Array.from({ length: count }, () => ({ level: 'None' })) });
    expect(parse({}, rules(200))).toHaveProperty('policy');
    expect(parse({}, rules(201))).toHaveProperty('problems');
  });
});

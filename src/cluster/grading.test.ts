/** Checks against a real cluster: rights, objects, expressions, the audit log, stability; and what errors are. */

import { describe, expect, it } from 'vitest';
import { cpuTimeOf } from '../../test/support/cpu-time.ts';
import { Harness } from '../../test/support/harness.ts';
import type { Check, Predicate, Verdict } from '../exercise/contract.ts';

const dana = { username: 'dana', groups: ['developers', 'system:authenticated'] };
const RBAC = 'rbac.authorization.k8s.io/v1';

const START = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: lab}
`;

const role = (name: string, rules: string, namespace = 'shop'): string => `
apiVersion: ${RBAC}
kind: Role
metadata: {name: ${name}, namespace: ${namespace}}
rules: ${rules}
`;

const binding = (
  name: string,
  subject = '{kind: User, name: dana, apiGroup: rbac.authorization.k8s.io}',
  namespace = 'shop',
): string => `
apiVersion: ${RBAC}
kind: RoleBinding
metadata: {name: ${name}, namespace: ${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}}
subjects: [${subject}]
`;

const open = (...texts: string[]): Harness => {
  const harness = new Harness();
  harness.create(START);
  harness.advance(1000);
  for (const text of texts) harness.create(text);
  return harness;
};

const judge = (harness: Harness, predicate: Predicate, began = 0): Verdict => {
  const check: Check = { id: 'x', points: 1, ...predicate };
  const [verdict] = harness.grade([check], began).verdicts;
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
};

const said = ({ evidence }: Verdict): string => evidence.map(({ en }) => en).join(' ');

const readPods = [{ verbs: ['get', 'list'], resources: ['pods'], namespace: 'shop' }];
const READER = role('reader', '[{apiGroups: [""], resources: [pods], verbs: [get, list]}]');

describe('rights', () => {
  it('that are asked for and granted pass', () => {
    const harness = open(READER, binding('reader'));
    const verdict = judge(harness, { authz: { subject: dana, can: readPods } });
    expect(verdict.outcome).toBe('passed');
    expect(said(verdict)).toContain('dana can get pods in shop, as asked.');
  });

  it('that are missing fail, each named', () => {
    const verdict = judge(open(), { authz: { subject: dana, can: readPods } });
    expect(verdict.outcome).toBe('failed');
    expect(said(verdict)).toContain('dana should be able to get pods in shop but cannot');
    expect(said(verdict)).toContain('list pods');
  });

  it('that a group has count for its members', () => {
    const group = '{kind: Group, name: developers, apiGroup: rbac.authorization.k8s.io}';
    expect(
      judge(open(READER, binding('reader', group)), { authz: { subject: dana, can: readPods } }).outcome,
    ).toBe('passed');
  });

  const beyond: readonly (readonly [string, string, string])[] = [
    [
      'another verb',
      role('reader', '[{apiGroups: [""], resources: [pods], verbs: [get, list, delete]}]'),
      'delete pods in shop',
    ],
    [
      'another resource',
      role('reader', '[{apiGroups: [""], resources: [pods, secrets], verbs: [get, list]}]'),
      'get secrets in shop',
    ],
    ['a wildcard', role('reader', '[{apiGroups: [""], resources: ["*"], verbs: [get]}]'), 'get * in shop'],
    [
      'a subresource',
      role('reader', '[{apiGroups: [""], resources: [pods/exec], verbs: [create]}]'),
      'create pods/exec in shop',
    ],
  ];
  it.each(beyond)('beyond what is needed fail: %s', (_, text, what) => {
    const verdict = judge(open(text, binding('reader')), { authz: { subject: dana, only: readPods } });
    expect(verdict.outcome).toBe('failed');
    expect(said(verdict)).toContain(`dana has more than needed: ${what}`);
    expect(said(verdict)).toContain('RoleBinding "reader/shop" of Role "reader"');
  });

  it('in another namespace are beyond what is needed', () => {
    const rules = '[{apiGroups: [""], resources: [pods], verbs: [get, list]}]';
    const harness = open(
      READER,
      binding('reader'),
      role('reader', rules, 'lab'),
      binding('reader', undefined, 'lab'),
    );
    expect(said(judge(harness, { authz: { subject: dana, only: readPods } }))).toContain('get pods in lab');
  });

  it("given to everybody who is authenticated count as the subject's", () => {
    const everybody = '{kind: Group, name: "system:authenticated", apiGroup: rbac.authorization.k8s.io}';
    const secrets = role('reader', '[{apiGroups: [""], resources: [secrets], verbs: [get]}]');
    expect(
      judge(open(secrets, binding('reader', everybody)), { authz: { subject: dana, only: [] } }).outcome,
    ).toBe('failed');
  });

  it('of nobody in particular are none beyond what is needed', () => {
    expect(judge(open(), { authz: { subject: dana, only: [] } }).outcome).toBe('passed');
  });

  it('of a rule made to be endless are beyond what is needed, at once', () => {
    const list = (prefix: string) =>
      `[${Array.from({ length: 300 }, (_, at) => `${prefix}${at}`).join(',')}]`;
    const rule = `[{apiGroups: ${list('g')}, resources: ${list('r')}, verbs: ${list('v')}}]`;
    const harness = open(role('reader', rule), binding('reader'));
    const spent = cpuTimeOf(() => {
      const verdict = judge(harness, { authz: { subject: dana, only: readPods } });
      expect([verdict.outcome, said(verdict)]).toEqual([
        'failed',
        expect.stringContaining('27000000 rights'),
      ]);
    });
    expect(spent).toBeLessThan(2000);
  });

  it('of a group without a user are told by the group', () => {
    const subject = { username: '', groups: ['developers'] };
    expect(said(judge(open(), { authz: { subject, can: readPods } }))).toContain(
      'the group developers should',
    );
  });

  it('of superusers are always beyond what is needed', () => {
    const subject = { username: 'root', groups: ['system:masters'] };
    expect(said(judge(open(), { authz: { subject, only: readPods } }))).toContain('system:masters');
  });

  it('on names ask for these names', () => {
    const named = role(
      'reader',
      '[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]',
    );
    const harness = open(named, binding('reader'));
    const on = (names: string[]) => [{ verbs: ['get'], resources: ['configmaps'], namespace: 'shop', names }];
    expect(judge(harness, { authz: { subject: dana, can: on(['a']), cannot: on(['b']) } }).outcome).toBe(
      'passed',
    );
    expect(judge(harness, { authz: { subject: dana, only: on(['a']) } }).outcome).toBe('passed');
    expect(judge(harness, { authz: { subject: dana, only: on(['b']) } }).outcome).toBe('failed');
  });

  it('on resources the cluster does not serve are an error, not a denial', () => {
    const cannot = [{ verbs: ['get'], resources: ['widgets.example.com'], namespace: 'shop' }];
    expect(judge(open(), { authz: { subject: dana, cannot } }).outcome).toBe('error');
  });

  it('in a namespace that is gone are failed, not denied', () => {
    const cannot = [{ verbs: ['get'], resources: ['pods'], namespace: 'nowhere' }];
    const verdict = judge(open(), { authz: { subject: dana, cannot } });
    expect([verdict.outcome, said(verdict)]).toEqual(['failed', 'The namespace "nowhere" does not exist.']);
  });
});

describe('objects', () => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' };
  const maps = `
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: shop, labels: {app: web}}
data: {color: red}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, namespace: shop, labels: {app: web}}
data: {color: blue}
`;
  const rows: readonly (readonly [string, Predicate['object'], string, string])[] = [
    [
      'one that matches',
      { ...configMap, name: 'one', match: { data: { color: 'red' } } },
      'passed',
      'as asked',
    ],
    [
      'one that differs',
      { ...configMap, name: 'one', match: { data: { color: 'blue' } } },
      'failed',
      'data.color should be "blue", found "red"',
    ],
    [
      'one that is missing',
      { ...configMap, name: 'three' },
      'failed',
      'ConfigMap "three" in namespace "shop" does not exist',
    ],
    [
      'any by labels',
      { ...configMap, selector: 'app=web', match: { data: { color: 'blue' } } },
      'passed',
      '"two"',
    ],
    ['absence', { ...configMap, name: 'three', absent: true }, 'passed', ''],
    [
      'absence that is none',
      { ...configMap, selector: 'app=web', absent: true },
      'failed',
      'exists but must not',
    ],
    ['a count', { ...configMap, selector: 'app=web', count: { min: 2, max: 2 } }, 'passed', '2 ×'],
    [
      'a count that is too low',
      { ...configMap, selector: 'app=web', count: { min: 3 } },
      'failed',
      'at least 3',
    ],
    [
      'an unknown kind',
      { apiVersion: 'example.com/v1', kind: 'Widget', absent: true },
      'error',
      'does not serve Widget',
    ],
    ['a bad selector', { ...configMap, selector: 'app in' }, 'error', 'could not be judged'],
    ['a bad pattern', { ...configMap, name: 'one', match: { $nothing: 1 } }, 'error', 'unknown operator'],
  ];
  it.each(rows)('%s', (_, object, outcome, text) => {
    const verdict = judge(open(maps), { object });
    expect([verdict.outcome, said(verdict)]).toEqual([outcome, expect.stringContaining(text)]);
  });
});

describe('expressions', () => {
  const objects = {
    all: { apiVersion: 'v1', kind: 'Namespace' },
    shop: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' },
    none: { apiVersion: 'v1', kind: 'Namespace', name: 'none' },
  };
  const rows: readonly (readonly [string, string, string])[] = [
    ['over a list', "all.exists(n, n.metadata.name == 'shop')", 'passed'],
    ['over one object', "shop.status.phase == 'Active'", 'passed'],
    ['over an object that is not there', 'none == null', 'passed'],
    ['that are false', "all.exists(n, n.metadata.name == 'x')", 'failed'],
    ['that fail while they run are errors', 'none.metadata.name == "x"', 'error'],
    ['that do not compile are errors', 'all.(', 'error'],
    ['that give no truth value are errors', 'all.size()', 'error'],
    [
      'that cost too much are errors',
      `[1,2,3,4,5,6,7,8,9,10].all(a, ${'[1,2,3,4,5,6,7,8,9,10].all(b, '.repeat(6)}true${')'.repeat(6)})`,
      'error',
    ],
  ];
  it.each(rows)('%s', (_, expression, outcome) => {
    expect(judge(open(), { cel: { objects, expression } }).outcome).toBe(outcome);
  });
});

describe('combinators', () => {
  const yes: Predicate = { object: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' } };
  const no: Predicate = { object: { apiVersion: 'v1', kind: 'Namespace', name: 'none' } };
  const broken: Predicate = { object: { apiVersion: 'x/v1', kind: 'Nothing' } };
  const rows: readonly (readonly [string, Predicate, string])[] = [
    ['all of good ones', { all: [yes, yes] }, 'passed'],
    ['all with a bad one', { all: [yes, no] }, 'failed'],
    ['all with a bad and a broken one', { all: [broken, no] }, 'failed'],
    ['all with a broken one', { all: [yes, broken] }, 'error'],
    ['any with a good one', { any: [no, broken, yes] }, 'passed'],
    ['any with a broken one', { any: [no, broken] }, 'error'],
    ['any of bad ones', { any: [no, no] }, 'failed'],
    ['not of a bad one', { not: no }, 'passed'],
    ['not of a broken one', { not: broken }, 'error'],
    ['nothing', {}, 'error'],
  ];
  it.each(rows)('%s', (_, predicate, outcome) => expect(judge(open(), predicate).outcome).toBe(outcome));

  it('a check waits for those it requires, also in a circle', () => {
    const checks: Check[] = [
      { id: 'a', points: 1, ...no },
      { id: 'b', points: 1, requires: ['a'], ...yes },
      { id: 'c', points: 1, requires: ['d'], ...yes },
      { id: 'd', points: 1, requires: ['c'], ...yes },
      { id: 'e', points: 1, requires: ['f'], ...yes },
      { id: 'f', points: 1, ...yes },
    ];
    const outcomes = open()
      .grade(checks, 0)
      .verdicts.map(({ id, outcome }) => `${id} ${outcome}`);
    expect(outcomes).toEqual(['a failed', 'b failed', 'c failed', 'd failed', 'e passed', 'f passed']);
  });
});

describe('the audit log', () => {
  const list = '/api/v1/namespaces/shop/pods';
  it('tells who did what, with what outcome, since the start', () => {
    const harness = open();
    harness.request('GET', list, { as: dana });
    harness.advance(5000);
    const began = harness.now;
    const denied = (count?: { min?: number; max?: number }): Predicate => ({
      audit: {
        username: 'dana',
        verbs: ['list'],
        resource: 'pods',
        namespace: 'shop',
        outcome: 'denied',
        count,
      },
    });
    expect(judge(harness, denied(), began).outcome).toBe('failed');
    expect(judge(harness, denied({ max: 0 }), began).outcome).toBe('passed');
    harness.request('GET', list, { as: dana });
    expect(judge(harness, denied(), began).outcome).toBe('passed');
    expect(judge(harness, denied({ max: 0 }), began).outcome).toBe('failed');
    expect(judge(harness, { audit: { username: 'dana', outcome: 'allowed' } }, began).outcome).toBe('failed');
  });

  it('knows impersonation from the real thing', () => {
    const harness = open();
    harness.request('GET', list, { headers: { 'impersonate-user': 'dana' } });
    expect(
      judge(harness, { audit: { impersonating: 'dana', resource: 'pods', outcome: 'denied' } }).outcome,
    ).toBe('passed');
    expect(judge(harness, { audit: { username: 'dana', resource: 'pods' } }).outcome).toBe('failed');
  });
});

describe('stability', () => {
  const labelled: Predicate = {
    object: {
      apiVersion: 'v1',
      kind: 'Namespace',
      name: 'lab',
      match: { metadata: { labels: { team: 'red' } } },
    },
  };
  const stable: Predicate = { stable: { seconds: 30, check: labelled } };
  const label = (harness: Harness, team: string | null): void => {
    harness.request('PATCH', '/api/v1/namespaces/lab', {
      body: { metadata: { labels: { team } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
  };

  it('is reached when nothing broke for long enough, whoever looked', () => {
    const harness = open();
    harness.advance(60_000);
    label(harness, 'red');
    const early = judge(harness, stable);
    expect([early.outcome, early.recheckAt]).toEqual(['failed', harness.now + 30_000]);
    harness.pass(29_000);
    expect(judge(harness, stable).outcome).toBe('failed');
    harness.pass(1000);
    expect(judge(harness, stable).outcome).toBe('passed');
  });

  it('is lost by a break that nobody saw, and begins again after it', () => {
    const harness = open();
    harness.advance(60_000);
    label(harness, 'red');
    harness.pass(40_000);
    label(harness, 'blue');
    harness.pass(1000);
    label(harness, 'red');
    const broken = judge(harness, stable);
    expect(broken.outcome).toBe('failed');
    expect(said(broken)).toContain('It did not hold at');
    harness.pass(30_000);
    expect(judge(harness, stable).outcome).toBe('passed');
  });

  it('cannot be older than the exercise', () => {
    const harness = open();
    label(harness, 'red');
    harness.pass(60_000);
    const verdict = judge(harness, stable, harness.now - 10_000);
    expect([verdict.outcome, said(verdict)]).toEqual([
      'failed',
      'It has held for 10 s; it must hold for 30 s.',
    ]);
  });

  it('counts what is settled at an instant, not the steps on the way', () => {
    const harness = open();
    harness.advance(60_000);
    label(harness, 'red');
    harness.pass(31_000);
    label(harness, 'blue');
    label(harness, 'red');
    expect(judge(harness, stable).outcome).toBe('passed');
  });

  it('looks at rights as they were', () => {
    const harness = open(READER, binding('reader'));
    harness.advance(60_000);
    const can: Predicate = { stable: { seconds: 30, check: { authz: { subject: dana, can: readPods } } } };
    expect(judge(harness, can).outcome).toBe('passed');
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
    harness.request('DELETE', `${path}/reader`);
    harness.advance(1000);
    harness.create(binding('reader'));
    expect(judge(harness, can).outcome).toBe('failed');
    harness.advance(30_000);
    expect(judge(harness, can).outcome).toBe('passed');
  });
});

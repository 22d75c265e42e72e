// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the templates' own notation

/** What is said about templates that are wrong, with places and lines; and the guide's own example. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testTemplate } from '../../../test/support/template-trial.ts';
import { lintText } from './lint.ts';
import { joinBundle, loadTemplate, resolveTemplate, TEMPLATE_BYTES } from './load.ts';
import { chooseValues, fillVariables } from './variables.ts';

const GOOD = `name: label
version: 1.0.0
title: A label
variables:
  team: { oneOf: [red, blue] }
  count: { integer: { min: 2, max: 4 } }
personas:
  - { name: admin, user: admin, groups: ["system:masters"] }
manifests: |
  apiVersion: v1
  kind: Namespace
  metadata: {name: "\${team}"}
tasks:
  - id: label
    title: Label it
    checks:
      - id: labelled
        title: It has the label
        object: { apiVersion: v1, kind: Namespace, name: "\${team}", match: { metadata: { labels: { size: $exists } } } }
solution:
  steps:
    - { as: admin, label: { apiVersion: v1, kind: Namespace, name: "\${team}", set: { size: "\${count}x" } } }
wrongAnswers:
  - id: nothing
    steps: []
    fails: [labelled]
`.replace('$exists', '{ $exists: true }');

const problemsOf = (text: string): readonly string[] => {
  const linted = lintText(text);
  return linted.ok
    ? []
    : linted.problems.map(({ path, message, line }) => `${line ?? '-'} ${path}: ${message}`);
};

describe('lint', () => {
  it.each([
    ['brackets', '['.repeat(200_000)],
    ['maps in brackets', '{a: '.repeat(50_000)],
    ['lists in lists', '- '.repeat(100_000)],
    ['indentation', Array.from({ length: 900 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses nesting by %s at once and in words', (_what, text) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^- : nested more than 60 levels deep$/)]);
  });

  it('has nothing to say about a good template', () => expect(problemsOf(GOOD)).toEqual([]));

  const rows: readonly (readonly [string, string, string, string])[] = [
    ['YAML that is none', 'title: A label', 'title: [A', '4 '],
    ['a list instead of a map', GOOD, '- a', ': must be a map'],
    ['an unknown key', 'checks:', 'cheks:', 'cheks'],
    ['an unknown key, where it stands', 'solution:', 'answers: 1\nsolution:', '20 : Unrecognized key'],
    ['a missing key', 'version: 1.0.0', '', 'version'],
    ['a version that is none', '1.0.0', 'latest', '2 version: must be like 1.0.0'],
    [
      'a variable that is not declared',
      'name: "${team}", match',
      'name: "${taem}", match',
      '${taem} is no variable',
    ],
    ['a check without a condition', 'object:', 'points:', 'tasks[0].checks[0]'],
    [
      'a persona that does not exist',
      'as: admin',
      'as: root',
      '22 solution.steps[0].as: there is no persona "root"',
    ],
    [
      'a step with two verbs',
      'as: admin, label',
      'as: admin, wait: {seconds: 1}, label',
      'needs exactly one of',
    ],
    ['a step without a verb', 'label: { apiVersion', 'lable: { apiVersion', 'lable'],
    [
      'a wrong answer that fails a check that is not there',
      'fails: [labelled]',
      'fails: [labeled]',
      '26 wrongAnswers[0].fails: there is no check "labeled"',
    ],
    ['an operator that does not exist', '$exists', '$exist', 'unknown operator'],
    [
      'an expression that does not compile',
      'object: { apiVersion: v1, kind: Namespace, name: "${team}", match: { metadata: { labels: { size: { $exists: true } } } } }',
      'cel: { objects: {}, expression: "1 +" }',
      'cel.expression',
    ],
    ['a manifest without a kind', '  kind: Namespace\n  metadata: {', '  metadata: {', 'manifests[0].kind'],
    ['manifests that are no YAML', 'metadata: {name: "${team}"}', 'metadata: {name: ', 'manifests'],
    [
      'no points at all',
      'title: It has the label',
      'title: It has the label\n        points: 0',
      'no check gives points',
    ],
    [
      'two personas of one name',
      'personas:\n',
      'personas:\n  - { name: admin, user: x }\n',
      '"admin" is there twice',
    ],
    [
      'a persona who is nobody',
      'user: admin, groups: ["system:masters"]',
      'groups: ["system:masters"]',
      'personas[0]',
    ],
    [
      'a prerequisite that is not there',
      'title: It has the label',
      'title: It has the label\n        requires: [x]',
      'there is no other check "x"',
    ],
  ];
  it.each(rows)('finds %s', (_, from, to, said) => {
    const text = from === GOOD ? to : GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    expect(problemsOf(text).join('\n')).toContain(said);
  });

  it('refuses what is too large or too deep, and aliases without end', () => {
    expect(problemsOf(`${GOOD}#${'x'.repeat(TEMPLATE_BYTES)}`)[0]).toContain('larger than');
    expect(problemsOf(`a: ${'['.repeat(100)}${']'.repeat(100)}`)[0]).toContain('nested');
    expect(problemsOf(`a: ${'{b: '.repeat(20_000)}`)[0]).toBeDefined();
    const laugh = [
      'a: &a [x, x]',
      ...'bcdefgh'
        .split('')
        .map(
          (name, at) =>
            `${name}: &${name} [*${'abcdefg'[at]}, *${'abcdefg'[at]}, *${'abcdefg'[at]}, *${'abcdefg'[at]}, *${'abcdefg'[at]}]`,
        ),
    ];
    expect(problemsOf(laugh.join('\n'))[0]).toBeDefined();
  });

  it('bounds what grading may cost, from both sides', () => {
    const base = loadTemplate(GOOD);
    if (!base.ok) throw new Error('not good');
    const withChecks = (checks: readonly object[]): string =>
      JSON.stringify({
        ...base.template.raw,
        tasks: [
          { id: 't', title: 'T', checks: checks.slice(0, 50) },
          { id: 'u', title: 'U', checks: checks.slice(50) },
        ],
      });
    const authz = (count: number) => ({
      persona: 'admin',
      can: [
        { verbs: ['get'], resources: ['pods'], names: Array.from({ length: count }, (_, at) => `n${at}`) },
      ],
    });
    const check = (at: number, more: object) => ({ id: `c${at}`, title: 'C', points: 1, ...more });
    const many = (count: number, more: object) => Array.from({ length: count }, (_, at) => check(at, more));
    const said = (checks: readonly object[]) =>
      problemsOf(withChecks(checks)).filter((each) => each.includes('at most'));
    expect(said(many(100, { authz: authz(50) }))).toEqual([]);
    expect(
      said(
        many(99, { authz: authz(50) }).concat(
          check(99, { all: [{ authz: authz(50) }, { authz: authz(1) }] }),
        ),
      )[0],
    ).toContain('5000 single rights');
    const object = { apiVersion: 'v1', kind: 'Namespace', name: 'x' };
    const stable = { stable: { seconds: 5, check: { object } } };
    expect(
      said([...many(51, { object }), ...Array.from({ length: 10 }, (_, at) => check(60 + at, stable))]),
    ).toEqual([]);
    expect(
      said([...many(51, { object }), ...Array.from({ length: 11 }, (_, at) => check(60 + at, stable))])[0],
    ).toContain('10 stable');
    const all = { all: Array.from({ length: 20 }, () => ({ object })) };
    expect(
      said([...many(51, { object }), ...Array.from({ length: 12 }, (_, at) => check(60 + at, all))])[0],
    ).toContain('300 conditions');
  });

  it('refuses manifests that break the parser', () => {
    const base = loadTemplate(GOOD);
    if (!base.ok) throw new Error('not good');
    for (const manifests of [
      'a: *b',
      '*-',
      `a: ${'['.repeat(5000)}`,
      `a: ${'['.repeat(100)}${']'.repeat(100)}`,
    ]) {
      expect(problemsOf(JSON.stringify({ ...base.template.raw, manifests }))[0]).toMatch(/manifests|nested/);
    }
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => problemsOf(text).length > 0));
    fc.assert(fc.property(fc.jsonValue(), (value) => problemsOf(JSON.stringify(value)).length > 0));
    const places = fc.constantFrom(
      'tasks',
      'personas',
      'manifests',
      'solution',
      'cluster',
      'variables',
      'wrongAnswers',
      'setup',
      'title',
    );
    const base = loadTemplate(GOOD);
    if (!base.ok) throw new Error('not good');
    fc.assert(
      fc.property(places, fc.jsonValue(), (place, value) => {
        problemsOf(JSON.stringify({ ...base.template.raw, [place]: value }));
      }),
    );
  });
});

describe('variables', () => {
  it('are chosen by the seed, each for itself', () => {
    const rules = {
      a: { oneOf: ['x', 'y', 'z'] },
      b: { integer: { min: 1, max: 9 } },
      c: { letters: 5 },
      d: { value: '${a}-${b}' },
    };
    const values = chooseValues(rules, 'seed');
    expect(chooseValues(rules, 'seed')).toEqual(values);
    expect(chooseValues({ c: rules.c }, 'seed').get('c')).toBe(values.get('c'));
    expect(values.get('d')).toBe(`${values.get('a')}-${values.get('b')}`);
    const seen = new Set(Array.from({ length: 60 }, (_, at) => chooseValues(rules, `s${at}`).get('a')));
    expect([...seen].sort()).toEqual(['x', 'y', 'z']);
  });

  it('keep their type where they stand alone, and stay out where they are escaped', () => {
    const values = new Map<string, string | number>([
      ['n', 3],
      ['t', 'x'],
    ]);
    const filled = fillVariables({ a: '${n}', b: 'v${n}', '${t}': ['$${n}', '$(n)', '${ n }'] }, values);
    expect(filled).toEqual({ value: { a: 3, b: 'v3', x: ['${n}', '$(n)', 3] }, unknown: [] });
  });

  it('fill manifests that are text', () => {
    const loaded = loadTemplate(GOOD);
    if (!loaded.ok) throw new Error('not good');
    const resolved = resolveTemplate(loaded.template, 'any');
    if (!resolved.ok) throw new Error('not good');
    expect(['red', 'blue']).toContain(resolved.template.manifests[0]?.metadata.name);
  });
});

describe('plays', () => {
  it('prove a good template', () => expect(testTemplate(GOOD)).toEqual([]));

  const rows: readonly (readonly [string, string, string, string])[] = [
    [
      'a solution that solves nothing',
      'set: { size',
      'set: { length',
      'solution: check "labelled" should pass but fails',
    ],
    [
      'a check that passes untouched',
      'metadata: { labels: { size: { $exists: true } } }',
      'kind: Namespace',
      'untouched: check "labelled" should fail but passes',
    ],
    [
      'a wrong answer that is right',
      'steps: []',
      'steps: [{ label: { apiVersion: v1, kind: Namespace, name: "${team}", set: { size: x } } }]',
      'wrong answer nothing: check "labelled" should fail but passes',
    ],
    [
      'evidence that says something else',
      'fails: [labelled]',
      'fails: { labelled: no such text }',
      'its evidence does not say "no such text"',
    ],
    [
      'a step that is refused',
      '{ as: admin, label',
      '{ as: admin, expect: denied, label',
      'solution: 200: expected denied',
    ],
    [
      'a manifest the API refuses',
      'metadata: {name: "${team}"}',
      'metadata: {name: "${team}!"}',
      'untouched: 422',
    ],
    [
      'a check that cannot be judged',
      'kind: Namespace, name: "${team}", match',
      'kind: Namespaces, name: "${team}", match',
      'could not be judged',
    ],
  ];
  it.each(rows)('find %s', (_, from, to, said) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    expect(
      testTemplate(text)
        .map(({ message }) => message)
        .join('\n'),
    ).toContain(said);
  });

  it('prove the example of the guide', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/authoring.md'), 'utf8');
    const example = /```yaml\n(name:[\s\S]*?)```/.exec(guide)?.[1] ?? '';
    expect(testTemplate(example)).toEqual([]);
  });
});

it('a bundle is one template with its manifests and texts in place', () => {
  const files = {
    'template.yaml': GOOD.replace(/manifests: \|\n( {2}.*\n)+/, ''),
    'manifests/b.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: "${team}"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: "${team}"}',
    'manifests/a.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: "${team}"}',
    'tasks/label.en.md': '# Label it',
    'tasks/label.zh.md': '# 加标签',
  };
  const linted = lintText(joinBundle(files));
  if (!linted.ok) throw new Error(JSON.stringify(linted.problems));
  expect(linted.template.manifests.map(({ kind }) => kind)).toEqual(['Namespace', 'ConfigMap', 'ConfigMap']);
  expect(linted.template.tasks[0]?.text).toEqual({ en: '# Label it', zh: '# 加标签' });
  expect(problemsOf(joinBundle({ 'template.yaml': '- x' }))).not.toEqual([]);
  expect(problemsOf(joinBundle({}))).not.toEqual([]);
});

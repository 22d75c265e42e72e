import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuTimeOf } from '../../test/support/cpu-time.ts';
import { mismatches, OPERATOR_NAMES, patternProblems } from './match.ts';

const pod = {
  metadata: { name: 'web', labels: { app: 'web', tier: 'front' } },
  spec: {
    replicas: 3,
    containers: [
      { name: 'web', image: 'nginx:1.27', resources: { limits: { memory: '512Mi' } } },
      { name: 'log', image: 'fluent:2' },
    ],
  },
};

const holds: readonly (readonly [string, unknown])[] = [
  ['an empty pattern matches anything', {}],
  ['a map asks for a part', { metadata: { labels: { app: 'web' } } }],
  ['null asks for nothing being there', { metadata: { annotations: null } }],
  [
    'a list asks for all elements in order, each in part',
    { spec: { containers: [{ name: 'web' }, { name: 'log' }] } },
  ],
  [
    '$contains asks for some elements in any order',
    { spec: { containers: { $contains: [{ name: 'log' }] } } },
  ],
  ['$contains takes a single element', { spec: { containers: { $contains: { image: 'fluent:2' } } } }],
  [
    '$exactly asks for these in any order',
    { spec: { containers: { $exactly: [{ name: 'log' }, { name: 'web' }] } } },
  ],
  [
    '$each asks something of every element',
    { spec: { containers: { $each: { image: { $exists: true } } } } },
  ],
  ['$length counts elements', { spec: { containers: { $length: 2 } } }],
  ['$length counts fields', { metadata: { labels: { $length: 2 } } }],
  ['$not turns a pattern round', { metadata: { name: { $not: 'other' } } }],
  ['$oneOf takes any of some', { metadata: { name: { $oneOf: ['a', 'web'] } } }],
  ['$exists: false asks for absence', { spec: { nodeName: { $exists: false } } }],
  [
    '$matches looks for an expression',
    { spec: { containers: { $contains: { image: { $matches: '^nginx:' } } } } },
  ],
  ['$min and $max bound numbers', { spec: { replicas: { $min: 3, $max: 3 } } }],
  [
    '$min bounds quantities whatever their unit',
    {
      spec: {
        containers: { $contains: { resources: { limits: { memory: { $min: '0.5Gi', $max: '1G' } } } } },
      },
    },
  ],
  [
    '$quantity compares amounts',
    { spec: { containers: { $contains: { resources: { limits: { memory: { $quantity: '0.5Gi' } } } } } } },
  ],
];

const fails: readonly (readonly [string, unknown, string])[] = [
  ['another value', { metadata: { name: 'api' } }, 'metadata.name'],
  ['a field that is not there', { metadata: { labels: { zone: 'a' } } }, 'metadata.labels.zone'],
  ['a list of another length', { spec: { containers: [{ name: 'web' }] } }, 'spec.containers'],
  [
    'a list in another order',
    { spec: { containers: [{ name: 'log' }, { name: 'web' }] } },
    'spec.containers[0].name',
  ],
  [
    'an element that is missing',
    { spec: { containers: { $contains: [{ name: 'db' }] } } },
    'spec.containers',
  ],
  [
    'one element for two wanted ones',
    { spec: { containers: { $contains: [{ name: 'web' }, { name: 'web' }] } } },
    'spec.containers',
  ],
  ['an element too many', { spec: { containers: { $exactly: [{ name: 'web' }] } } }, 'spec.containers'],
  ['one element of all', { spec: { containers: { $each: { name: 'web' } } } }, 'spec.containers[1].name'],
  ['null where something is', { metadata: { labels: null } }, 'metadata.labels'],
  ['a map where a scalar is', { metadata: { name: { first: 'x' } } }, 'metadata.name'],
  ['a number that is text', { spec: { replicas: '3' } }, 'spec.replicas'],
  ['too little', { spec: { replicas: { $min: 4 } } }, 'spec.replicas'],
  ['a quantity of a name', { metadata: { name: { $min: 1 } } }, 'metadata.name'],
  ['an expression that is not found', { metadata: { name: { $matches: '^x' } } }, 'metadata.name'],
  ['a label with dots', { metadata: { labels: { 'a.b/c': 'x' } } }, 'metadata.labels["a.b/c"]'],
];

describe('patterns', () => {
  it.each(holds)('%s', (_, pattern) => expect(mismatches(pattern, pod)).toEqual([]));

  it.each(fails)('find %s', (_, pattern, path) => {
    expect(mismatches(pattern, pod)[0]?.path).toBe(path);
  });

  it('pair elements even when the first fit is the wrong one', () => {
    const list = [{ a: 1, b: 1 }, { a: 1 }];
    expect(mismatches({ $exactly: [{ a: 1 }, { a: 1, b: 1 }] }, list)).toEqual([]);
  });

  it('do not look into prototypes', () => {
    expect(mismatches({ constructor: { $exists: true } }, {})).toHaveLength(1);
    expect(mismatches({ toString: null }, {})).toEqual([]);
  });

  it('match every value by itself', () => {
    const safe = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"$'));
    fc.assert(fc.property(safe, (value) => mismatches(value, value).length === 0));
  });

  it('never match and mismatch: $not is the opposite', () => {
    const safe = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"$'));
    fc.assert(
      fc.property(safe, safe, (pattern, value) => {
        const matches = mismatches(pattern, value).length === 0;
        return (mismatches({ $not: pattern }, value).length === 0) !== matches;
      }),
    );
  });

  it('are judged themselves', () => {
    expect(patternProblems({ a: { $contians: [] } })[0]).toMatchObject({ path: 'a["$contians"]' });
    expect(patternProblems({ a: { $matches: '(' } })[0]?.message).toContain('not a regular expression');
    expect(patternProblems({ a: { $oneOf: 'x' } })[0]?.message).toBe('must be a list');
    expect(patternProblems(pod)).toEqual([]);
    expect(OPERATOR_NAMES.every((name) => name.startsWith('$'))).toBe(true);
  });

  it('take linear time for expressions made to hang', () => {
    const match = () => mismatches({ $matches: '^(a+)+$' }, `${'a'.repeat(5000)}!`);
    expect(cpuTimeOf(match)).toBeLessThan(1000);
  });
});

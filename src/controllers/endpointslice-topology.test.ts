import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { EndpointSlice, Event, Node } from '../kinds/generated/types.ts';
import type { Draft, Endpoint } from './endpointslice-plan.ts';
import { isOverloaded, spreadHints, zoneShares } from './endpointslice-topology.ts';

const node = (zone: string | undefined, cpu: string, more: object = {}): Node =>
  ({
    metadata: { labels: { ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }), ...more } },
    status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { cpu } },
  }) as unknown as Node;

describe('shares of zones', () => {
  it.each([
    ['are those of their CPUs', [node('a', '1'), node('b', '2'), node('b', '1')], { a: 0.25, b: 0.75 }],
    ['do not exist for one zone', [node('a', '1'), node('a', '2')], undefined],
    [
      'do not exist when a node has no zone',
      [node('a', '1'), node('b', '2'), node(undefined, '1')],
      undefined,
    ],
    [
      'leave control planes out',
      [node('a', '1'), node('b', '1'), node('c', '9', { 'node-role.kubernetes.io/control-plane': '' })],
      { a: 0.5, b: 0.5 },
    ],
  ])('%s', (_, nodes, expected) => {
    const shares = zoneShares(nodes);
    expect(shares === undefined ? undefined : Object.fromEntries(shares)).toEqual(expected);
  });
});

const endpoint = (zone: string | undefined, hint?: string, ready = true): Endpoint =>
  ({
    addresses: ['10.0.0.1'],
    conditions: { ready },
    ...(zone === undefined ? {} : { zone }),
    ...(hint === undefined ? {} : { hints: { forZones: [{ name: hint }] } }),
  }) as Endpoint;

const draft = (endpoints: readonly Endpoint[], changed = true): Draft => ({
  ports: [],
  endpoints: [...endpoints],
  changed,
});

const even = new Map([
  ['a', 0.5],
  ['b', 0.5],
]);

const hintsOf = (drafts: readonly Draft[], shares: ReadonlyMap<string, number> | undefined) => {
  const spread = spreadHints(drafts, shares);
  if (typeof spread === 'string') return spread;
  return spread.drafts.map(({ endpoints }) =>
    endpoints.map(({ hints }) => hints?.forZones?.[0]?.name ?? '-').join(''),
  );
};

describe('hints', () => {
  it.each([
    ['name the own zone where that is fair', ['a', 'b'], ['ab']],
    ['move endpoints where it is not', ['a', 'a', 'a', 'a'], ['bbaa']],
  ])('%s', (_, zones, expected) => {
    expect(hintsOf([draft(zones.map((zone) => endpoint(zone)))], even)).toEqual(expected);
  });

  it('leave out what is not ready', () => {
    const some = [endpoint('a'), endpoint('b', undefined, false), endpoint('b')];
    expect(hintsOf([draft(some)], even)).toEqual(['a-b']);
  });

  it('stay in a slice that is not touched otherwise, as long as they fit', () => {
    const kept = draft([endpoint('a', 'a'), endpoint('a', 'b')], false);
    const spread = spreadHints([kept], even);
    expect(spread).toEqual({ drafts: [kept] });
    const unfair = draft(
      ['a', 'a', 'a', 'b'].map((zone) => endpoint(zone, zone)),
      false,
    );
    expect(hintsOf([unfair], even)).toEqual(['baab']);
  });

  it.each([
    [
      'too few endpoints',
      [draft([endpoint('a')])],
      even,
      'Insufficient number of endpoints (1 endpoints, 2 zones)',
    ],
    [
      'an endpoint without a zone',
      [draft([endpoint('a'), endpoint(undefined)])],
      even,
      'One or more endpoints do not have a zone specified',
    ],
    [
      'nodes that tell too little',
      [draft([endpoint('a'), endpoint('b')])],
      undefined,
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    [
      'shares that cannot be met',
      [draft([endpoint('a'), endpoint('b'), endpoint('c')])],
      new Map([
        ['a', 0.8],
        ['b', 0.1],
        ['c', 0.1],
      ]),
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 3 zones)',
    ],
  ])('are impossible with %s', (_, drafts, shares, text) => {
    expect(hintsOf(drafts, shares)).toBe(text);
  });
});

describe('zones are overloaded', () => {
  const given = (zones: readonly string[]): EndpointSlice[] => [
    { endpoints: zones.map((zone) => endpoint(zone, zone)) } as unknown as EndpointSlice,
  ];
  it.each([
    ['never without hints', [], undefined, false],
    ['not when each has its share', ['a', 'b', 'b', 'a'], even, false],
    ['when one has less', ['a', 'a', 'a', 'b'], even, true],
    ['when one is new', ['b', 'b'], even, true],
    ['when there are no shares any more', ['a'], undefined, true],
  ])('%s', (_, zones, shares, expected) => {
    expect(isOverloaded(given(zones), shares)).toBe(expected);
  });
});

describe('a Service that asks for hints by annotation', () => {
  const MERGE = { 'content-type': 'application/merge-patch+json' };
  const patch = (harness: Harness, path: string, body: object): void => {
    harness.expect(200, 'PATCH', path, { body, headers: MERGE });
    harness.advance(3_000);
  };
  const SERVICE = '/api/v1/namespaces/default/services/web';

  it('gets them, is told, and loses them with the annotation', () => {
    const harness = new Harness({ settings: { latency: 'fast' } });
    for (const [name, zone] of [
      ['node-1', 'a'],
      ['node-2', 'b'],
    ]) {
      patch(harness, `/api/v1/nodes/${name}`, {
        metadata: { labels: { 'topology.kubernetes.io/zone': zone } },
      });
    }
    harness.create(`
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {service.kubernetes.io/topology-mode: Auto}}
spec: {selector: {app: web}, ports: [{port: 80}]}
`);
    for (const [name, nodeName] of [
      ['one', 'node-1'],
      ['two', 'node-2'],
    ]) {
      harness.create(`
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {nodeName: ${nodeName}, containers: [{name: c, image: nginx}]}
`);
    }
    harness.advance(10_000);
    const hints = () =>
      harness
        .get<{ items: EndpointSlice[] }>('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices')
        .items.filter(({ metadata }) => metadata.name?.startsWith('web-'))
        .flatMap(({ endpoints }) => endpoints ?? [])
        .map(({ zone, hints }) => `${zone}>${hints?.forZones?.[0]?.name ?? '-'}`)
        .sort();
    const told = () =>
      harness
        .get<{ items: Event[] }>('/api/v1/namespaces/default/events')
        .items.filter(({ involvedObject }) => involvedObject.kind === 'Service')
        .map(({ reason, message, source }) => `${source?.component} ${reason}: ${message}`);
    expect(hints()).toEqual(['a>a', 'b>b']);
    const by = 'endpoint-slice-controller';
    expect(told()).toContain(
      `${by} TopologyAwareHintsDisabled: Insufficient number of endpoints (0 endpoints, 2 zones), addressType: IPv4`,
    );
    expect(told()).toContain(
      `${by} TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4`,
    );
    const { revision } = harness.end();
    patch(harness, SERVICE, { metadata: { labels: { touched: 'yes' } } });
    expect(hints()).toEqual(['a>a', 'b>b']);
    expect(harness.end().revision).toBeGreaterThan(revision);
    patch(harness, SERVICE, { metadata: { annotations: { 'service.kubernetes.io/topology-mode': null } } });
    expect(hints()).toEqual(['a>-', 'b>-']);
    expect(told()).toContain(
      `${by} TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4`,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { EndpointSlice, Event, Pod } from '../kinds/generated/types.ts';

const CORE = '/api/v1/namespaces/default';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: c, image: nginx}]}
`;

const service = (spec: string, annotations = ''): string => `
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {${annotations}}}
spec: {selector: {app: web}, ports: [{port: 80}], ${spec}}
`;

const made = (spec: string, annotations = '', zone?: string): Harness => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  if (zone !== undefined) {
    harness.expect(200, 'PATCH', '/api/v1/nodes/node-1', {
      body: { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } },
      headers: MERGE,
    });
  }
  harness.create(service(spec, annotations));
  harness.create(POD);
  harness.advance(5_000);
  return harness;
};

const slices = (harness: Harness): readonly EndpointSlice[] =>
  harness
    .get<{ items: EndpointSlice[] }>(SLICES)
    .items.filter(({ metadata }) => metadata.name?.startsWith('web-'));

const hints = (harness: Harness) => slices(harness)[0]?.endpoints?.[0]?.hints;

describe('hints of a slice', () => {
  it.each([
    [
      'name the zone of a close Service',
      'trafficDistribution: PreferClose',
      'a',
      { forZones: [{ name: 'a' }] },
    ],
    [
      'name zone and node',
      'trafficDistribution: PreferSameNode',
      'a',
      { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] },
    ],
    [
      'name the node alone where there is no zone',
      'trafficDistribution: PreferSameNode',
      undefined,
      { forNodes: [{ name: 'node-1' }] },
    ],
    ['say nothing where there is no zone', 'trafficDistribution: PreferSameZone', undefined, undefined],
  ])('%s', (_, spec, zone, expected) => {
    expect(hints(made(spec, '', zone))).toEqual(expected);
  });

  it('are not given by the field when the annotation asks for the older way', () => {
    const annotation = "'service.kubernetes.io/topology-mode': Auto";
    expect(hints(made('trafficDistribution: PreferClose', annotation, 'a'))).toBeUndefined();
  });
});

describe('a slice', () => {
  it.each([
    ['leaves out a pod on a node that is gone', '', 0],
    ['keeps it where unready addresses are published', 'publishNotReadyAddresses: true', 1],
  ])('%s', (_, spec, count) => {
    const harness = made(spec);
    harness.expect(200, 'DELETE', '/api/v1/nodes/node-1');
    harness.expect(200, 'PATCH', `${CORE}/services/web`, {
      body: { metadata: { labels: { touched: 'yes' } } },
      headers: MERGE,
    });
    harness.advance(1_500);
    expect(slices(harness)[0]?.endpoints ?? []).toHaveLength(count);
  });

  it('of a Service that had its name before is not taken over', () => {
    const harness = made('');
    const [before] = slices(harness);
    const uid = (harness.get(`${CORE}/services/web`) as { metadata: { uid: string } }).metadata.uid;
    harness.expect(200, 'DELETE', `${CORE}/services/web`);
    harness.create(service(''));
    harness.advance(2_000);
    const after = slices(harness);
    expect(after.map(({ metadata }) => metadata.name)).not.toContain(before?.metadata.name);
    expect(after).toHaveLength(1);
    expect(after[0]?.metadata.ownerReferences?.[0]?.uid).not.toBe(uid);
    expect(after[0]?.endpoints).toHaveLength(1);
  });
});

describe('mirrored Endpoints', () => {
  const mirrored = (count: number, annotations = {}): Harness => {
    const harness = new Harness({ settings: { latency: 'fast' } });
    harness.expect(201, 'POST', `${CORE}/services`, {
      body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
    });
    const addresses = Array.from({ length: count }, (_, index) => ({
      ip: `203.0.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    }));
    harness.expect(201, 'POST', `${CORE}/endpoints`, {
      body: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'web', annotations },
        subsets: [{ addresses, ports: [{ port: 8000 }] }],
      },
    });
    harness.advance(2_000);
    return harness;
  };

  it.each([
    [150, 150, 0],
    [1000, 1000, 0],
    [1001, 1000, 1],
  ])('with %i addresses are one slice of %i', (count, kept, skipped) => {
    const harness = mirrored(count);
    expect(slices(harness).map(({ endpoints }) => endpoints?.length)).toEqual([kept]);
    const told = harness
      .get<{ items: Event[] }>(`${CORE}/events`)
      .items.filter(({ reason }) => reason === 'TooManyAddressesToMirror');
    expect(told.map(({ message }) => message)).toEqual(
      skipped === 0
        ? []
        : [
            'A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped',
          ],
    );
  });

  it('hand their annotations on, also later, and keep the slice when their ports change', () => {
    const harness = mirrored(1, { note: 'one' });
    const [before] = slices(harness);
    expect(before?.metadata.annotations).toEqual({ note: 'one' });
    harness.expect(200, 'PATCH', `${CORE}/endpoints/web`, {
      body: {
        metadata: { annotations: { note: 'two' } },
        subsets: [{ addresses: [{ ip: '203.0.113.9' }], ports: [{ port: 9000 }] }],
      },
      headers: MERGE,
    });
    harness.advance(2_000);
    const [after, ...others] = slices(harness);
    expect(others).toEqual([]);
    expect(after?.metadata).toMatchObject({ name: before?.metadata.name, annotations: { note: 'two' } });
    expect(after?.ports?.[0]?.port).toBe(9000);
  });
});

describe('the trigger time of slices and Endpoints', () => {
  const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
  const times = (harness: Harness) => [
    slices(harness)[0]?.metadata.annotations?.[TRIGGER],
    harness.get<EndpointSlice>(`${CORE}/endpoints/web`).metadata.annotations?.[TRIGGER],
  ];
  const patch = (harness: Harness, path: string, body: object): void => {
    harness.expect(200, 'PATCH', `${CORE}/${path}`, { body, headers: MERGE });
    harness.advance(2_000);
  };
  const readyAt = (harness: Harness): string | undefined =>
    harness.get<Pod>(`${CORE}/pods/a`).status?.conditions?.find(({ type }) => type === 'Ready')
      ?.lastTransitionTime;

  it('is the creation of a new Service, however old its pods are', () => {
    const harness = new Harness({ settings: { latency: 'fast' } });
    harness.create(POD);
    harness.advance(10_000);
    harness.create(service(''));
    harness.advance(2_000);
    expect(times(harness)).toEqual(['2026-01-01T00:00:10Z', '2026-01-01T00:00:10Z']);
  });

  it('is the change of a pod that is selected later, and nothing when it no longer is', () => {
    const harness = made('');
    harness.advance(10_000);
    patch(harness, 'pods/a', { metadata: { labels: { app: 'other' } } });
    expect(times(harness)).toEqual([undefined, undefined]);
    patch(harness, 'pods/a', { metadata: { labels: { app: 'web' } } });
    expect(times(harness)).toEqual([readyAt(harness), readyAt(harness)]);
  });

  it('is nothing when the ports change', () => {
    const harness = made('');
    patch(harness, 'services/web', { spec: { ports: [{ port: 80, targetPort: 8080 }] } });
    expect(times(harness)).toEqual([undefined, undefined]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { StatusError } from '../../machinery/status.ts';
import type { Lookup, StrategyContext } from '../define.ts';
import type { Service } from '../generated/types.ts';
import { serviceIndexes } from './service-allocation.ts';
import { defaultService } from './service-defaults.ts';
import { serviceStrategy } from './service-strategy.ts';

const lookupOf = (services: readonly Service[]): Lookup =>
  ({
    list: () => [],
    byIndex: (_resource: string, index: string, value: string) =>
      services.filter((service) => serviceIndexes[index]?.(service).includes(value)),
  }) as unknown as Lookup;

const contextOf = (services: readonly Service[], subresource?: string): StrategyContext => ({
  now: 0,
  lookup: lookupOf(services),
  identity: { username: 'u', groups: [] },
  random: () => 0,
  ...(subresource ? { subresource } : {}),
});

const create = (spec: Draft, others: readonly Service[] = []): Draft => {
  const draft: Draft = { metadata: { name: 's', uid: 'u1' }, spec: structuredClone(spec) };
  defaultService(draft);
  serviceStrategy.prepareForCreate?.(draft, contextOf(others));
  return draft['spec'] as Draft;
};

const stored = (spec: Draft, uid = 'u1'): Service =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', uid }, spec }) as unknown as Service;

const update = (before: Draft, change: (spec: Draft) => void): Draft => {
  const old = stored(before);
  const draft = structuredClone(old) as unknown as Draft;
  change(draft['spec'] as Draft);
  defaultService(draft);
  serviceStrategy.prepareForUpdate?.(draft, old as KubeObject, contextOf([old]));
  return draft['spec'] as Draft;
};

const refusal = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const [cause] = error.status.details?.causes ?? [];
    return cause?.field ? `${cause.field}: ${cause.message}` : error.status.message;
  }
};

describe('a created service', () => {
  test('gets the first address behind the static band, and one family', () => {
    expect(create({ ports: [{ port: 80 }] })).toMatchObject({
      clusterIP: '10.0.0.17',
      clusterIPs: ['10.0.0.17'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
  });

  test('does not get an address that is taken', () => {
    const other = stored({ clusterIPs: ['10.0.0.17'] }, 'u2');
    expect(create({ ports: [{ port: 80 }] }, [other])).toMatchObject({ clusterIP: '10.0.0.18' });
  });

  test('gives two protocols of one port one node port', () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP' },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 80 },
    ];
    const spec = create({ type: 'NodePort', ports });
    expect((spec['ports'] as Draft[]).map((port) => port['nodePort'])).toEqual([30086, 30086, 30087]);
  });

  test('with both families asked for when headless without selector', () => {
    expect(create({ clusterIP: 'None' })).toMatchObject({
      clusterIPs: ['None'],
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'RequireDualStack',
    });
  });

  test('of type ExternalName gets nothing', () => {
    expect(create({ type: 'ExternalName', externalName: 'x.example.com' })['clusterIPs']).toBeUndefined();
  });
});

describe('refused', () => {
  const range = 'The range of valid IPs is 10.0.0.0/24';
  test.each<[string, Draft, string]>([
    [
      'an address out of range',
      { clusterIP: '172.30.0.5', ports: [{ port: 80 }] },
      `spec.clusterIPs: Invalid value: ["172.30.0.5"]: failed to allocate IP 172.30.0.5: the provided IP (172.30.0.5) is not in the valid range. ${range}`,
    ],
    [
      'the address of the network itself',
      { clusterIP: '10.0.0.0', ports: [{ port: 80 }] },
      `spec.clusterIPs: Invalid value: ["10.0.0.0"]: failed to allocate IP 10.0.0.0: the provided IP (10.0.0.0) is not in the valid range. ${range}`,
    ],
    [
      'an address that is taken',
      { clusterIP: '10.0.0.9', ports: [{ port: 80 }] },
      'spec.clusterIPs: Invalid value: ["10.0.0.9"]: failed to allocate IP 10.0.0.9: provided IP is already allocated',
    ],
    [
      'two stacks on a cluster with one',
      { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'two families without a policy',
      { ipFamilies: ['IPv4', 'IPv6'], ports: [{ port: 80 }] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    [
      'a node port that another port of its number asks for',
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 53, protocol: 'UDP' },
          { name: 'b', port: 53, nodePort: 80 },
        ],
      },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      'an unknown family',
      { ipFamilies: ['IPv9'], ports: [{ port: 80 }] },
      'spec.ipFamilies[0]: Unsupported value: "IPv9": supported values: "IPv4", "IPv6"',
    ],
    [
      'one node port for two ports',
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80, nodePort: 30001 },
          { name: 'b', port: 81, nodePort: 30001 },
        ],
      },
      'spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated',
    ],
    [
      'a node port out of range',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
  ])('%s', (_name, spec, message) => {
    const others = [stored({ clusterIPs: ['10.0.0.9'] }, 'u2')];
    expect(refusal(() => create(spec, others))).toBe(message);
  });
});

describe('an updated service', () => {
  const before = create({ type: 'NodePort', ports: [{ port: 80 }] });

  test('keeps address and node port that the update leaves out', () => {
    const after = update(before, (spec) => {
      delete spec['clusterIP'];
      delete spec['clusterIPs'];
      spec['ports'] = [{ port: 80 }];
    });
    expect(after).toMatchObject({ clusterIPs: before['clusterIPs'], ports: [{ nodePort: 30086 }] });
  });

  test('loses node ports and traffic policy when it becomes a plain one', () => {
    const after = update(before, (spec) => {
      spec['type'] = 'ClusterIP';
    });
    expect((after['ports'] as Draft[])[0]).not.toHaveProperty('nodePort');
    expect(after).not.toHaveProperty('externalTrafficPolicy');
  });

  test('loses its address when it becomes an external name', () => {
    const after = update(before, (spec) => {
      spec['type'] = 'ExternalName';
      spec['externalName'] = 'x.example.com';
    });
    expect(after).not.toHaveProperty('clusterIP');
    expect(after).not.toHaveProperty('ipFamilies');
  });

  test('takes another address to validation, which keeps the first', () => {
    const after = update(before, (spec) => {
      spec['clusterIP'] = '172.30.0.1';
    });
    expect(after['clusterIPs']).toEqual(['172.30.0.1']);
  });

  test('loses node ports too when some of them go with its type', () => {
    const two = create({
      type: 'NodePort',
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'b' },
      ],
    });
    const after = update(two, (spec) => {
      spec['type'] = 'ClusterIP';
      (spec['ports'] as Draft[]).pop();
    });
    expect(after['ports']).toEqual([expect.not.objectContaining({ nodePort: expect.anything() })]);
  });

  test('gives each of its ports another node port', () => {
    const plain = create({
      ports: [
        { port: 53, name: 'a', protocol: 'UDP' },
        { port: 53, name: 'b' },
      ],
    });
    const after = update(plain, (spec) => {
      spec['type'] = 'NodePort';
    });
    const [a, b] = after['ports'] as Draft[];
    expect(a?.['nodePort']).not.toBe(b?.['nodePort']);
  });

  test('cannot have one node port twice', () => {
    const twice = () =>
      update(before, (spec) => {
        spec['ports'] = [
          { name: 'a', port: 80, nodePort: 30086 },
          { name: 'b', port: 81, nodePort: 30086 },
        ];
      });
    expect(refusal(twice)).toBe('duplicate nodePort: {TCP 30086}');
  });

  test('without selector or address gives its second family up for one stack', () => {
    const after = update(create({ clusterIP: 'None' }), (spec) => {
      spec['ipFamilyPolicy'] = 'SingleStack';
    });
    expect(after['ipFamilies']).toEqual(['IPv4']);
  });

  test('and for nothing else', () => {
    const lessens = () =>
      update(create({ clusterIP: 'None' }), (spec) => {
        spec['ipFamilies'] = ['IPv4'];
      });
    expect(refusal(lessens)).toBe(
      `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary IP family`,
    );
  });

  test('keeps its policy where the update says none', () => {
    const prefers = create({ ipFamilyPolicy: 'PreferDualStack', ports: [{ port: 80 }] });
    const after = update(prefers, (spec) => {
      delete spec['ipFamilyPolicy'];
    });
    expect(after).toMatchObject({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4'] });
  });
});

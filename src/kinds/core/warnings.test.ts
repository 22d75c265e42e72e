import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../machinery/object.ts';
import type { PodSpec } from '../generated/types.ts';
import { endpoints } from './endpoints.ts';
import { podWarnings, workloadWarnings } from './pod-warnings.ts';
import { serviceAccount } from './serviceaccount.ts';

const pod = (spec: Partial<PodSpec>, name = 'p'): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [], ...spec } }) as KubeObject;

const container = (more: object) => ({ name: 'c', image: 'i', ...more });

describe('warnings about a new pod', () => {
  test.each<[string, Partial<PodSpec>, string]>([
    [
      'an old node label',
      { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
    [
      'a spread constraint without selector',
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] },
      'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    ],
    [
      'a volume plugin that is gone',
      { volumes: [{ name: 'v', cephfs: { monitors: ['m'] } }] },
      'spec.volumes[0].cephfs: deprecated in v1.28, non-functional in v1.31+',
    ],
    [
      'a pull secret without a name',
      { imagePullSecrets: [{}] },
      'spec.imagePullSecrets[0].name: invalid empty name ""',
    ],
    [
      'a fractional amount of memory',
      { containers: [container({ resources: { requests: { memory: '100m' } } })] },
      'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    ],
    [
      'a variable defined twice',
      {
        containers: [
          container({
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
            ],
          }),
        ],
      },
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      'a port used twice',
      {
        containers: [
          container({ ports: [{ containerPort: 80, protocol: 'TCP' }] }),
          container({ name: 'd', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
        ],
      },
      'spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
    ],
    [
      'paths of a volume that hide each other',
      {
        volumes: [
          {
            name: 'v',
            configMap: {
              name: 'm',
              items: [
                { key: 'a', path: 'x' },
                { key: 'b', path: 'x/y' },
              ],
            },
          },
        ],
      },
      'volume "v" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
    ],
  ])('%s', (_name, spec, warning) => {
    expect(podWarnings(pod(spec), undefined)).toEqual([warning]);
  });

  test('a variable that extends its former value is fine', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A)2' },
    ];
    expect(podWarnings(pod({ containers: [container({ env })] }), undefined)).toEqual([]);
  });

  test('a name that is no DNS label', () => {
    expect(podWarnings(pod({}, 'a.b'), undefined)).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ]);
  });

  test('an update says nothing', () => {
    const object = pod({ imagePullSecrets: [{}] });
    expect(podWarnings(object, object)).toEqual([]);
  });
});

describe('warnings about a workload', () => {
  const workload = (generation: number): KubeObject =>
    ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', generation },
      spec: { template: { spec: { containers: [], imagePullSecrets: [{}] } } },
    }) as KubeObject;

  test('are told again only when the generation moved', () => {
    const text = 'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""';
    expect(workloadWarnings(workload(1), undefined)).toEqual([text]);
    expect(workloadWarnings(workload(1), workload(1))).toEqual([]);
    expect(workloadWarnings(workload(2), workload(1))).toEqual([text]);
  });
});

describe('warnings about others', () => {
  const labelled = (annotations: Record<string, string>): KubeObject =>
    ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', annotations } }) as KubeObject;
  const limited = labelled({ 'kubernetes.io/enforce-mountable-secrets': 'true' });

  test('a service account that begins to limit its secrets', () => {
    expect(serviceAccount.warnings?.(limited, undefined)).toEqual([
      'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
    ]);
    expect(serviceAccount.warnings?.(limited, limited)).toEqual([]);
  });

  test('addresses that could be shorter', () => {
    const subsets = [{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: 'fd00:0::1' }] }];
    const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'a' }, subsets };
    expect(endpoints.warnings?.(object as KubeObject, undefined)).toEqual([
      'subsets[0].notReadyAddresses[0].ip: IPv6 address "fd00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
    ]);
  });
});

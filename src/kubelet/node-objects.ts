/**
 * Simulated nodes and kubelets. What lives here plays the part of machines: it sees the cluster only as a controller
 * does, through objects.
 */

import type { Node, NodeCondition } from '../kinds/generated/types.ts';
import { quantityOf, quantityValue } from '../machinery/quantity.ts';
import { type Instant, printTime } from '../machinery/time.ts';

/** What is chosen about a simulated machine. */
export interface Machine {
  readonly name: string;
  /** Position in the cluster: 0 is the control plane. Gives addresses. */
  readonly index: number;
  readonly cpu: string;
  readonly memory: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly isControlPlane: boolean;
}

const KUBELET_VERSION = 'v1.36.0';
const RUNTIME = 'containerd://2.2.1';
const OS_IMAGE = 'Debian GNU/Linux 12 (bookworm)';
const KERNEL = '6.1.0-41-amd64';
const MAX_PODS = '110';
const EPHEMERAL_STORAGE = '101430960Ki';

/** The machine's address in the node network 172.18.0.0/16. */
export const nodeAddress = (index: number): string => {
  const host = index + 2;
  return `172.18.${host >> 8}.${host & 255}`;
};

/** The machine's share of the pod network 10.244.0.0/16. */
export const podRange = (index: number): string => `10.244.${index & 255}.0/24`;

interface Health {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const HEALTHY: readonly Health[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

/** Conditions of a healthy node since an instant. */
export const healthyConditions = (at: Instant): readonly NodeCondition[] =>
  HEALTHY.map((health) => ({
    type: health.type,
    status: health.status,
    lastHeartbeatTime: printTime(at),
    lastTransitionTime: printTime(at),
    reason: health.reason,
    message: health.message,
  }));

const hexDigits = (random: (purpose: string) => number, purpose: string, length: number): string =>
  Array.from({ length }, (_, index) => Math.floor(random(`${purpose}/${index}`) * 16).toString(16)).join('');

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;

/** Memory as a machine reports it: whole KiB. */
const inKibibytes = (memory: string): string => `${Math.floor(quantityValue(quantityOf(memory)) / 1024)}Ki`;

/**
 * The Node object a registered, healthy machine has: labels, addresses, capacity and system facts as kubelet and the
 * cluster's installer (kubeadm) leave them. `random` gives values in [0, 1) for machine identifiers.
 */
export const makeNode = (machine: Machine, at: Instant, random: (purpose: string) => number): Node => {
  const amounts = {
    cpu: machine.cpu,
    'ephemeral-storage': EPHEMERAL_STORAGE,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: inKibibytes(machine.memory),
    pods: MAX_PODS,
  };
  const range = podRange(machine.index);
  const taints = [
    ...(machine.isControlPlane
      ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]
      : []),
    ...(machine.taints ?? []),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: machine.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': machine.name,
        'kubernetes.io/os': 'linux',
        ...(machine.isControlPlane
          ? {
              'node-role.kubernetes.io/control-plane': '',
              'node.kubernetes.io/exclude-from-external-load-balancers': '',
            }
          : {}),
        ...machine.labels,
      },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      podCIDR: range,
      podCIDRs: [range],
      providerID: `kubicle:///${machine.name}`,
      ...(taints.length > 0 ? { taints } : {}),
    },
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions: healthyConditions(at),
      addresses: [
        { type: 'InternalIP', address: nodeAddress(machine.index) },
        { type: 'Hostname', address: machine.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: hexDigits(random, 'machine', 32),
        systemUUID: dashed(hexDigits(random, 'system', 32)),
        bootID: dashed(hexDigits(random, 'boot', 32)),
        kernelVersion: KERNEL,
        osImage: OS_IMAGE,
        containerRuntimeVersion: RUNTIME,
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
      images: [],
    },
  };
};

/** The nodes of a recording: their kubelets are external, so that nothing but the recorded ones acts for them. */

import type { KubeObject } from '../../src/machinery/object.ts';
import { printMicroTime, printTime } from '../../src/machinery/time.ts';
import type { Harness } from '../support/harness.ts';
import type { RecordedNode, Recording } from './recording.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const LEASE_MS = 2500;
const EXTERNAL = { 'kubicle.dev/kubelet': 'external' };

const RESOURCES = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' };

/** Conditions of a healthy kubelet: type, status, reason, message. */
const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** A node that joins has a kubelet of its own. */
export const external = (node: KubeObject): KubeObject => ({
  ...node,
  metadata: { ...node.metadata, annotations: { ...node.metadata.annotations, ...EXTERNAL } },
});

/** Addresses and facts of a node as the recorder's kubelet gave them. */
const recordedFacts = (recording: Recording, name: string): object => {
  for (const line of recording.lines) {
    if (!('ev' in line) || line.ev.resource !== 'nodes' || line.ev.name !== name) continue;
    const { addresses, nodeInfo, daemonEndpoints } = (line.ev.object['status'] ?? {}) as Record<
      string,
      unknown
    >;
    return { addresses, nodeInfo, daemonEndpoints };
  }
  return {};
};

/** Registers the nodes of a recording and keeps their Leases fresh while their heart beats. */
export class RecordedNodes {
  readonly #recording: Recording;
  readonly #harness: Harness;
  readonly #beating = new Set<string>();
  #nextLease = 0;

  constructor(recording: Recording, harness: Harness) {
    this.#recording = recording;
    this.#harness = harness;
  }

  /** When the Leases are to be renewed next; milliseconds of the cluster's clock. */
  get nextLease(): number {
    return this.#nextLease;
  }

  /** What the requests of a registration are. */
  register(node: RecordedNode, post: (path: string, body: unknown) => void): void {
    post('/api/v1/nodes', this.#object(node));
    this.#harness.request('PATCH', `/api/v1/nodes/${node.name}/status`, {
      body: { status: this.#status(node) },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    this.#beating.add(node.name);
    post(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: node.name, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: node.name,
        leaseDurationSeconds: 40,
        renewTime: printMicroTime(this.#harness.now),
      },
    });
  }

  #object(node: RecordedNode): object {
    const flags = this.#recording.header.flags['kube-controller-manager'] ?? '';
    const grace = /grace-period=(\d+)s/.exec(flags)?.[1];
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node.name,
        labels: {
          'kubernetes.io/hostname': node.name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          ...node.labels,
        },
        annotations: {
          ...EXTERNAL,
          ...(grace === undefined ? {} : { 'kubicle.dev/node-monitor-grace-seconds': grace }),
        },
      },
      spec: { taints: node.taints, unschedulable: node.unschedulable },
    };
  }

  #status(node: RecordedNode): object {
    const resources = { ...RESOURCES, ...node.capacity };
    const at = printTime(this.#harness.now);
    return {
      capacity: resources,
      allocatable: resources,
      images: node.images,
      addresses: [{ type: 'InternalIP', address: node.ip }],
      ...recordedFacts(this.#recording, node.name),
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({
        type,
        status,
        reason,
        message,
        lastHeartbeatTime: at,
        lastTransitionTime: at,
      })),
    };
  }

  /** The heart of a node stops: its Lease grows old. */
  stop(node: string): void {
    this.#beating.delete(node);
  }

  /** The heart of a node beats again, at once. */
  resume(node: string): void {
    this.#beating.add(node);
    this.renewLeases();
  }

  renewLeases(): void {
    for (const node of this.#beating) {
      this.#harness.request('PATCH', `${LEASES}/${node}`, {
        body: { spec: { renewTime: printMicroTime(this.#harness.now) } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    }
    this.#nextLease = this.#harness.now + LEASE_MS;
  }
}

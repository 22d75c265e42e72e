/** The life of simulated machines: they join, keep their lease, come back after a failure. */

import type { Context, EventNote, Outcome } from '../controllers/contract.ts';
import { printRenewal, renewsItself } from '../kinds/coordination/lease-renewal.ts';
import type { Lease, Node } from '../kinds/generated/types.ts';
import { printMicroTime, printTime } from '../machinery/time.ts';
import { healthyConditions, makeNode, nodeAddress } from './node-objects.ts';

const LEASES = 'kube-node-lease';
const LEASE_SECONDS = 40;

/** What a machine has that nobody described. */
const DEFAULT_CPU = '4';
const DEFAULT_MEMORY = '8Gi';

const makeLease = (node: Node, renewTime: string): Lease => {
  const { name = '', uid = '' } = node.metadata;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: LEASES, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  };
};

/** Sees to it that the node has a lease that renews itself. */
const keepLease = ({ client, lookup, now }: Context, node: Node): void => {
  const { name = '' } = node.metadata;
  const lease = lookup.get('leases.coordination.k8s.io', LEASES, name);
  if (lease === undefined) client.create('leases.coordination.k8s.io', makeLease(node, printRenewal(now)));
  else if (!renewsItself(lease)) {
    client.update('leases.coordination.k8s.io', LEASES, name, (current) => ({
      ...current,
      spec: { ...current.spec, renewTime: printRenewal(now) },
    }));
  }
};

/** The lease of a node that was cut off stays at its last renewal. */
export const endLease = ({ client, lookup, now }: Context, node: Node): void => {
  const { name = '' } = node.metadata;
  const lease = lookup.get('leases.coordination.k8s.io', LEASES, name);
  if (lease === undefined || !renewsItself(lease)) return;
  client.update('leases.coordination.k8s.io', LEASES, name, (current) => ({
    ...current,
    spec: { ...current.spec, renewTime: printMicroTime(now) },
  }));
};

/** The first address of the node network that no node has. */
const freeIndex = (context: Context): number => {
  const taken = new Set(
    context.lookup
      .list('nodes')
      .flatMap((node) => (node.status?.addresses ?? []).map(({ address }) => address)),
  );
  let index = 0;
  while (taken.has(nodeAddress(index))) index += 1;
  return index;
};

const MESSAGES = [
  ['Starting', 'Starting kubelet.'],
  ['NodeHasSufficientMemory', 'NodeHasSufficientMemory'],
  ['NodeHasNoDiskPressure', 'NodeHasNoDiskPressure'],
  ['NodeHasSufficientPID', 'NodeHasSufficientPID'],
  ['NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods'],
] as const;

const note = (node: Node, reason: string, message: string): EventNote => ({
  type: 'Normal',
  reason,
  message: reason === message ? `Node ${node.metadata.name} status is now: ${reason}` : message,
  component: 'kubelet',
  host: node.metadata.name ?? '',
});

/** A Node object that nobody stands behind: a machine with that name joins, with what the object asks for. */
const join = (context: Context, node: Node): void => {
  const { client, now, random } = context;
  const { name = '', uid = '' } = node.metadata;
  const { capacity = {}, allocatable = {}, addresses } = node.status ?? {};
  const made = makeNode(
    {
      name,
      index: freeIndex(context),
      cpu: capacity['cpu'] ?? DEFAULT_CPU,
      memory: capacity['memory'] ?? DEFAULT_MEMORY,
      isControlPlane: false,
    },
    now,
    (purpose) => random(purpose, name, uid),
  );
  for (const [reason, message] of MESSAGES) client.event(node, note(node, reason, message));
  client.updateStatus('nodes', '', name, (current) => ({
    ...current,
    status: {
      ...made.status,
      ...current.status,
      capacity: { ...made.status.capacity, ...capacity },
      allocatable: { ...made.status.capacity, ...capacity, ...allocatable },
      conditions: healthyConditions(now),
      addresses: (addresses ?? []).length > 0 ? addresses : made.status.addresses,
      daemonEndpoints: made.status.daemonEndpoints,
      nodeInfo: made.status.nodeInfo,
    } as Node['status'],
  }));
  client.update('nodes', '', name, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      labels: { ...made.metadata.labels, ...current.metadata.labels },
      annotations: {
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...current.metadata.annotations,
      },
    },
  }));
  client.event(node, note(node, 'NodeReady', 'NodeReady'));
};

/** Posts good health again after others have marked the node as unreachable. */
const comeBack = (context: Context, node: Node): void => {
  const { client, now } = context;
  const conditions = node.status?.conditions ?? [];
  if (!conditions.some(({ reason }) => reason === 'NodeStatusUnknown' || reason === 'NodeStatusNeverUpdated'))
    return;
  const at = printTime(now);
  const healthy = healthyConditions(now).map((condition) => {
    const before = conditions.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? at };
  });
  const others = conditions.filter(({ type }) => !healthy.some((condition) => condition.type === type));
  client.updateStatus('nodes', '', node.metadata.name ?? '', (current) => ({
    ...current,
    status: { ...current.status, conditions: [...others, ...healthy] },
  }));
  client.event(node, note(node, 'NodeReady', 'NodeReady'));
};

/** One look at a simulated node whose kubelet acts. */
export const syncNode = (context: Context, node: Node): Outcome => {
  if (node.metadata.deletionTimestamp !== undefined) return undefined;
  if (node.status?.nodeInfo?.kubeletVersion === undefined || node.status.nodeInfo.kubeletVersion === '') {
    join(context, node);
  } else comeBack(context, node);
  keepLease(context, node);
  return undefined;
};

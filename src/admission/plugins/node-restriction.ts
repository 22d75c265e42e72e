import { nodeNameOf } from '../../auth/node-authorizer.ts';
import { podReferences } from '../../auth/pod-references.ts';
import type { Node, OwnerReference, PersistentVolumeClaim, Pod } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { notFound } from '../../machinery/status.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse, requestResource } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const LEASE_NAMESPACE = 'kube-node-lease';
const RESTRICTED = 'node-restriction.kubernetes.io';

/** Labels a kubelet may set although their namespace is Kubernetes' own (kubelet/pkg/apis). */
const KUBELET_LABELS = [
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
];
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const within = (namespace: string, parent: string): boolean =>
  namespace === parent || namespace.endsWith(`.${parent}`);

const isForbiddenLabel = (label: string): boolean => {
  const slash = label.indexOf('/');
  const namespace = slash < 0 ? '' : label.slice(0, slash);
  if (within(namespace, RESTRICTED)) return true;
  if (!within(namespace, 'kubernetes.io') && !within(namespace, 'k8s.io')) return false;
  return !KUBELET_LABELS.includes(label) && !KUBELET_NAMESPACES.some((parent) => within(namespace, parent));
};

type Labels = Readonly<Record<string, string>>;

const forbiddenChanges = (now: Labels = {}, before: Labels = {}): string[] =>
  [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((key) => now[key] !== before[key] && isForbiddenLabel(key))
    .sort();

/** One restriction: throws to refuse what `node` asks for. */
type Restriction = (request: AdmissionRequest, context: PluginContext, node: string) => void;

const configSourceOf = (node: Node | undefined): unknown =>
  (node?.spec as { readonly configSource?: unknown } | undefined)?.configSource;

const restrictNode: Restriction = (request, _context, node) => {
  const name = request.name || (readDraft<KubeObject>(request.object)?.metadata.name ?? '');
  if (name !== node) throw refuse(request, `node "${node}" is not allowed to modify node "${name}"`);
  const wanted = readDraft<Node>(request.object);
  const old = request.old as Node | undefined;
  const labels =
    request.operation === 'DELETE' ? [] : forbiddenChanges(wanted.metadata.labels, old?.metadata.labels);
  const source = configSourceOf(wanted);
  if (request.operation === 'CREATE' && source !== undefined)
    throw refuse(request, `node "${node}" is not allowed to create pods with a non-nil configSource`);
  if (request.operation === 'CREATE' && labels.length > 0) {
    throw refuse(request, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`);
  }
  if (request.operation !== 'UPDATE') return;
  if (source !== undefined && !deepEqual(source, configSourceOf(old))) {
    throw refuse(
      request,
      `node "${node}" is not allowed to update configSource to a new non-nil configSource`,
    );
  }
  if (!deepEqual(wanted.spec?.taints ?? [], old?.spec?.taints ?? [])) {
    throw refuse(request, `node "${node}" is not allowed to modify taints`);
  }
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(', ')}`);
};

const checkOwner = (request: AdmissionRequest, { lookup }: PluginContext, node: string, pod: Pod): void => {
  const owners: readonly OwnerReference[] = pod.metadata.ownerReferences ?? [];
  const can = `node "${node}" can only create pods with`;
  const [owner] = owners;
  if (owners.length > 1) throw refuse(request, `${can} a single owner reference set to itself`);
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse(request, `${can} an owner reference set to itself`);
  }
  if (owner.controller !== true) throw refuse(request, `${can} a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) {
    throw refuse(request, `node "${node}" must not set blockOwnerDeletion on an owner reference`);
  }
  const uid = lookup.get('nodes', '', node)?.metadata.uid;
  if (uid === undefined) throw notFound({ group: '', resource: 'node' }, node);
  if (owner.uid !== uid) throw refuse(request, `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
};

const createPod: Restriction = (request, context, node) => {
  const pod = readDraft<Pod>(request.object);
  if (pod.metadata.annotations?.[MIRROR] === undefined) {
    throw refuse(
      request,
      `pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, `node "${node}" can only create pods with spec.nodeName set to itself`);
  }
  checkOwner(request, context, node, pod);
  const cannot = `node "${node}" can not create pods that reference`;
  const references = podReferences(pod);
  const volumes = pod.spec.volumes ?? [];
  if (pod.spec.serviceAccountName) throw refuse(request, `${cannot} a service account`);
  if (references.secrets.size > 0) throw refuse(request, `${cannot} secrets`);
  if (references.configMaps.size > 0) throw refuse(request, `${cannot} configmaps`);
  if (volumes.some((volume) => volume.projected?.sources?.some((source) => source.clusterTrustBundle))) {
    throw refuse(request, `${cannot} clustertrustbundles`);
  }
  if (volumes.some((volume) => volume.persistentVolumeClaim)) {
    throw refuse(request, `${cannot} persistentvolumeclaims`);
  }
};

const restrictPod: Restriction = (request, context, node) => {
  if (request.operation === 'CREATE') return createPod(request, context, node);
  if (request.operation === 'DELETE') {
    const pod =
      (request.old as Pod | undefined) ?? context.lookup.get('pods', request.namespace, request.name);
    if (pod?.spec?.nodeName === node) return undefined;
    throw refuse(request, `node "${node}" can only delete pods with spec.nodeName set to itself`);
  }
  throw refuse(
    request,
    `unexpected operation "${request.operation}", node "${node}" can only create and delete mirror pods`,
  );
};

const restrictPodStatus: Restriction = (request, _context, node) => {
  const pod = readDraft<Pod>(request.object);
  const old = request.old as Pod | undefined;
  if (old?.spec?.nodeName !== node) {
    throw refuse(
      request,
      `node "${node}" can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  if (!deepEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) {
    throw refuse(request, `node "${node}" cannot update labels through pod status`);
  }
  if (!deepEqual(pod.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])) {
    throw refuse(request, `node "${node}" cannot update resource claim statues`);
  }
};

const restrictEviction: Restriction = (request, { lookup }, node) => {
  const pod = lookup.get('pods', request.namespace, request.name);
  if (pod === undefined) throw notFound({ group: '', resource: 'pod' }, request.name);
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
  }
};

const withoutSize = (claim: PersistentVolumeClaim) => {
  const { resourceVersion: _version, managedFields: _fields, ...metadata } = claim.metadata;
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResources: _resources,
    allocatedResourceStatuses: _statuses,
    ...status
  } = claim.status ?? {};
  return { ...claim, metadata, status };
};

const restrictClaimStatus: Restriction = (request, _context, node) => {
  const claim = readDraft<PersistentVolumeClaim>(request.object);
  const old = request.old as PersistentVolumeClaim | undefined;
  if (old !== undefined && deepEqual(withoutSize(claim), withoutSize(old))) return;
  throw refuse(
    request,
    `node "${node}" is not allowed to update fields other than status.capacity and status.conditions`,
  );
};

interface TokenRequest {
  readonly spec?: {
    readonly boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

const restrictToken: Restriction = (request, { lookup }, node) => {
  const ref = readDraft<TokenRequest>(request.object).spec?.boundObjectRef;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    throw refuse(request, 'node requested token not bound to a pod');
  }
  if (!ref.uid) throw refuse(request, 'node requested token with a pod binding without a uid');
  const pod = lookup.get('pods', request.namespace, ref.name);
  if (pod === undefined) throw notFound({ group: '', resource: 'pod' }, ref.name);
  if (pod.metadata.uid !== ref.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, 'node requested token bound to a pod scheduled on a different node');
  }
};

const restrictLease: Restriction = (request, _context, node) => {
  if (request.namespace !== LEASE_NAMESPACE) {
    throw refuse(request, `can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  }
  const name = request.name || readDraft<KubeObject>(request.object)?.metadata.name;
  if (name !== node) {
    throw refuse(request, 'can only access node lease with the same name as the requesting node');
  }
};

const restrictCsiNode: Restriction = (request, _context, node) => {
  const name = request.name || readDraft<KubeObject>(request.object)?.metadata.name;
  if (name !== node)
    throw refuse(request, 'can only access CSINode with the same name as the requesting node');
};

const restrictSlice: Restriction = (request, _context, node) => {
  if (request.operation === 'UPDATE') return;
  const slice = (request.object ?? request.old) as { spec?: { nodeName?: string } } | undefined;
  if (slice?.spec?.nodeName === node) return;
  throw refuse(
    request,
    `can only ${request.operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`,
  );
};

const refuseSubresource: Restriction = (request) => {
  throw refuse(
    request,
    `unexpected pod subresource "${request.subresource ?? ''}", only 'status' and 'eviction' are allowed`,
  );
};

const refuseClaim: Restriction = (request) => {
  throw refuse(request, 'may only update PVC status');
};

const restrictions: Readonly<Record<string, Restriction>> = {
  nodes: restrictNode,
  'nodes/status': restrictNode,
  pods: restrictPod,
  'pods/status': restrictPodStatus,
  'pods/eviction': restrictEviction,
  'pods/binding': refuseSubresource,
  'pods/ephemeralcontainers': refuseSubresource,
  'pods/resize': refuseSubresource,
  persistentvolumeclaims: refuseClaim,
  'persistentvolumeclaims/status': restrictClaimStatus,
  'serviceaccounts/token': restrictToken,
  'leases.coordination.k8s.io': restrictLease,
  'csinodes.storage.k8s.io': restrictCsiNode,
  'resourceslices.resource.k8s.io': restrictSlice,
};

/** Kubelets only touch what is theirs (plugin/pkg/admission/noderestriction). */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  resources: Object.keys(restrictions),
  mutate: (request, context) => {
    const node = nodeNameOf(request.identity);
    if (node === undefined) return;
    if (node === '') {
      throw refuse(request, `could not determine node from user "${request.identity.username}"`);
    }
    restrictions[requestResource(request)]?.(request, context, node);
  },
};

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../common/columns.ts';
import { child, isAbsent, text } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import { withStatus } from '../common/strategy.ts';
import type { Node } from '../generated/types.ts';
import { projectHeartbeat } from './node-heartbeat.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validation.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

const printStatus = (node: Node): string => {
  const ready = node.status?.conditions?.findLast((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
};

const printRoles = (node: Node): string => {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length)
      roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value !== '') roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
};

const address = (node: Node, type: string): string =>
  node.status?.addresses?.find((candidate) => candidate.type === type)?.address ?? '<none>';

const system =
  (field: 'osImage' | 'containerRuntimeVersion') =>
  (node: Node): string =>
    node.status?.nodeInfo?.[field] || '<unknown>';

const printKernel = (node: Node): string => {
  const { kernelVersion, architecture } = node.status?.nodeInfo ?? {};
  if (!kernelVersion) return '<unknown>';
  return architecture ? `${kernelVersion} (${architecture})` : kernelVersion;
};

/** The first prefix stands in two places; where they differ the single one wins, alone. */
const settlePodCidr = (spec: Draft | undefined): void => {
  if (spec === undefined) return;
  const single = text(spec, 'podCIDR');
  const all = Array.isArray(spec['podCIDRs']) ? spec['podCIDRs'] : [];
  if (single !== '' && all[0] !== single) spec['podCIDRs'] = [single];
  else if (single === '' && typeof all[0] === 'string' && all[0] !== '') spec['podCIDR'] = all[0];
};

const defaults = (draft: Draft): void => {
  settlePodCidr(child(draft, 'spec'));
  const status = child(draft, 'status');
  roundLists(status, 'capacity', 'allocatable');
  if (status && isAbsent(status, 'allocatable') && !isAbsent(status, 'capacity')) {
    status['allocatable'] = cloneJson(status['capacity']);
  }
};

/** Kubelets take no configuration from the cluster any more: what asks for it is left out. */
const dropConfig = (draft: Draft): void => {
  delete child(draft, 'spec')?.['configSource'];
  delete child(draft, 'status')?.['config'];
};

export const node = builtin({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  defaults,
  project: projectHeartbeat,
  ...withStatus({
    // A created node keeps the status it came with: kubelets register themselves in one request.
    initial: (draft) => draft['status'],
    create: dropConfig,
    update: dropConfig,
    status: dropConfig,
  }),
  connects: [
    {
      name: 'proxy',
      kind: 'NodeProxyOptions',
      group: '',
      version: 'v1',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      serves: 'stream',
    },
  ],
  fieldLabels: { namespace: false },
  selectableFields: {
    'spec.unschedulable': (object) => String((object as Node).spec?.unschedulable ?? false),
  },
  warnings: (object) =>
    (object as Node).spec?.externalID
      ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
      : [],
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeStatus,
  columns: [
    nameColumn,
    column<Node>('Status', 'string', printStatus),
    column<Node>('Roles', 'string', printRoles),
    ageColumn,
    column<Node>('Version', 'string', (object) => object.status?.nodeInfo?.kubeletVersion ?? ''),
    wideColumn<Node>('Internal-IP', 'string', (object) => address(object, 'InternalIP')),
    wideColumn<Node>('External-IP', 'string', (object) => address(object, 'ExternalIP')),
    wideColumn<Node>('OS-Image', 'string', system('osImage')),
    wideColumn<Node>('Kernel-Version', 'string', printKernel),
    wideColumn<Node>('Container-Runtime', 'string', system('containerRuntimeVersion')),
  ],
});

import type { KubeObject } from '../../machinery/object.ts';
import { servedVersion, virtualKind } from '../common/builtin.ts';
import { column, nameColumn } from '../common/columns.ts';
import type { ComponentCondition, ComponentStatus } from '../generated/types.ts';

const health = (object: ComponentStatus): ComponentCondition | undefined =>
  object.conditions?.find((condition) => condition.type === 'Healthy');

const printHealth = (object: ComponentStatus): string => {
  const condition = health(object);
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'Healthy' : 'Unhealthy';
};

export const componentStatus = virtualKind({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  served: [
    servedVersion('', 'v1', 'ComponentStatus', {
      deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
    }),
  ],
  columns: [
    nameColumn,
    column<ComponentStatus>('Status', 'string', printHealth),
    column<ComponentStatus>('Message', 'string', (object) => health(object)?.message ?? ''),
    column<ComponentStatus>('Error', 'string', (object) => health(object)?.error ?? ''),
  ],
});

const healthy = (name: string, message: string): ComponentStatus => ({
  apiVersion: 'v1',
  kind: 'ComponentStatus',
  metadata: { name },
  conditions: [{ type: 'Healthy', status: 'True', message }],
});

/** The components every cluster has, always healthy: here they are one program. In name order. */
export const componentStatuses = (): readonly KubeObject[] => [
  healthy('controller-manager', 'ok'),
  healthy('etcd-0', 'ok'),
  healthy('scheduler', 'ok'),
];

import { virtualKind } from '../common/builtin.ts';
import { metricsColumns } from './columns.ts';

/** Usage, computed when it is read: nothing is stored. */
export const podMetrics = virtualKind({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  resource: 'pods',
  singular: '',
  namespaced: true,
  verbs: ['get', 'list'],
  columns: metricsColumns,
});

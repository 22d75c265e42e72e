import { virtualKind } from '../common/builtin.ts';
import { metricsColumns } from './columns.ts';

/** Usage, computed when it is read: nothing is stored. */
export const nodeMetrics = virtualKind({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  resource: 'nodes',
  singular: '',
  namespaced: false,
  verbs: ['get', 'list'],
  columns: metricsColumns,
});

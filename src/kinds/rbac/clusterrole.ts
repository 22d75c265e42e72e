import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import { validateClusterRole } from './rules-validation.ts';

export const clusterRole = builtin({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
  createOnUpdate: true,
  nameRule: 'rbac',
  validate: validateClusterRole,
  validateUpdate: validateClusterRole,
  columns: plainColumns,
});

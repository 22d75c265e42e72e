import { builtin } from '../common/builtin.ts';
import { bindingColumns, defaultBinding } from './binding-parts.ts';
import { validateClusterRoleBinding, validateClusterRoleBindingUpdate } from './binding-validation.ts';

export const clusterRoleBinding = builtin({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
  createOnUpdate: true,
  nameRule: 'rbac',
  defaults: defaultBinding,
  validate: validateClusterRoleBinding,
  validateUpdate: validateClusterRoleBindingUpdate,
  columns: bindingColumns,
});

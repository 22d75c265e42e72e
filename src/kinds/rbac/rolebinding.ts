import { builtin } from '../common/builtin.ts';
import { bindingColumns, defaultBinding } from './binding-parts.ts';

export const roleBinding = builtin({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  namespaced: true,
  createOnUpdate: true,
  nameRule: 'rbac',
  defaults: defaultBinding,
  columns: bindingColumns,
});

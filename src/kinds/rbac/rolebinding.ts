import { builtin } from '../common/builtin.ts';
import { bindingColumns, defaultBinding } from './binding-parts.ts';
import { validateRoleBinding, validateRoleBindingUpdate } from './binding-validation.ts';

export const roleBinding = builtin({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  namespaced: true,
  createOnUpdate: true,
  nameRule: 'rbac',
  defaults: defaultBinding,
  validate: validateRoleBinding,
  validateUpdate: validateRoleBindingUpdate,
  columns: bindingColumns,
});

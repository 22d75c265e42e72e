import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import { validateRole } from './rules-validation.ts';

export const role = builtin({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  namespaced: true,
  createOnUpdate: true,
  nameRule: 'rbac',
  validate: validateRole,
  validateUpdate: validateRole,
  columns: plainColumns,
});

/** Rules of role bindings (upstream: pkg/apis/rbac/validation, 1.36). */

import { type FieldError, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPathSegment, checkPresent, checkSubdomain, type Errors } from '../common/checks.ts';
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../generated/types.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

const checkRoleRef = (errors: Errors, ref: Partial<RoleRef>, kinds: readonly string[]): void => {
  const { apiGroup = '', kind = '', name = '' } = ref;
  if (apiGroup !== GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (checkPresent(errors, 'roleRef.name', name)) checkPathSegment(errors, 'roleRef.name', name);
};

const checkAccount = (errors: Errors, path: string, subject: Subject, namespaced: boolean): void => {
  const { name = '', apiGroup = '', namespace = '' } = subject;
  if (name !== '') checkSubdomain(errors, `${path}.name`, name);
  if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
  if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`));
};

const checkSubject =
  (namespaced: boolean) =>
  (errors: Errors, path: string, subject: Subject): void => {
    const { kind = '', name = '', apiGroup = '' } = subject;
    checkPresent(errors, `${path}.name`, name);
    if (kind === 'ServiceAccount') checkAccount(errors, path, subject, namespaced);
    else if (!SUBJECT_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, SUBJECT_KINDS));
    else if (apiGroup !== GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [GROUP]));
  };

type Binding = RoleBinding | ClusterRoleBinding;

const check = (binding: Binding, namespaced: boolean): FieldError[] => {
  const errors: FieldError[] = [];
  checkRoleRef(errors, binding.roleRef ?? {}, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']);
  checkEach(errors, 'subjects', binding.subjects, checkSubject(namespaced));
  return errors;
};

const refOf = ({ roleRef }: Binding) => ({
  APIGroup: roleRef?.apiGroup ?? '',
  Kind: roleRef?.kind ?? '',
  Name: roleRef?.name ?? '',
});

const checkUpdate = (next: Binding, old: Binding, namespaced: boolean): FieldError[] => {
  const errors = check(next, namespaced);
  const ref = refOf(next);
  const before = refOf(old);
  if (ref.APIGroup !== before.APIGroup || ref.Kind !== before.Kind || ref.Name !== before.Name) {
    errors.push(invalidValue('roleRef', ref, 'cannot change roleRef'));
  }
  return errors;
};

/** Errors of a new role binding. */
export const validateRoleBinding = (object: KubeObject): FieldError[] => check(object as RoleBinding, true);

/** Errors of a changed role binding: its role stays. */
export const validateRoleBindingUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  checkUpdate(object as RoleBinding, old as RoleBinding, true);

/** Errors of a new cluster role binding. */
export const validateClusterRoleBinding = (object: KubeObject): FieldError[] =>
  check(object as ClusterRoleBinding, false);

/** Errors of a changed cluster role binding: its role stays. */
export const validateClusterRoleBindingUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  checkUpdate(object as ClusterRoleBinding, old as ClusterRoleBinding, false);

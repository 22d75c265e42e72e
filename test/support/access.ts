import type { Identity } from '../../src/auth/identity.ts';
import { makeAuthorizer } from '../../src/auth/rbac.ts';
import { serviceAccountGroups, serviceAccountUsername } from '../../src/auth/service-account-names.ts';
import type { PolicyRule, Subject } from '../../src/kinds/generated/types.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { makeObject } from './admission.ts';
import { makeMemoryLookup } from './memory-lookup.ts';

/** Roles, bindings and identities for tests of access. A namespace of '' makes the cluster's kind. */

export const GROUP = 'rbac.authorization.k8s.io';
const V1 = `${GROUP}/v1`;

export const role = (name: string, namespace: string, ...rules: PolicyRule[]): KubeObject =>
  makeObject(
    V1,
    namespace === '' ? 'ClusterRole' : 'Role',
    namespace === '' ? { name } : { name, namespace },
    { rules },
  );

export const binding = (
  name: string,
  namespace: string,
  ref: string,
  ...subjects: readonly Subject[]
): KubeObject => {
  const [kind = '', roleName = ''] = ref.split('/');
  return makeObject(
    V1,
    namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
    namespace === '' ? { name } : { name, namespace },
    { subjects, roleRef: { apiGroup: GROUP, kind, name: roleName } },
  );
};

export const nameOf = ({ kind, metadata }: KubeObject): string =>
  `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;

export const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name });
export const dev: Identity = { username: 'dev', groups: ['builders', 'system:authenticated'] };
export const ci: Identity = {
  username: serviceAccountUsername('shop', 'ci'),
  groups: [...serviceAccountGroups('shop'), 'system:authenticated'],
};

export const open = (objects: readonly KubeObject[]) => {
  const lookup = makeMemoryLookup(objects);
  return { lookup, authorizer: makeAuthorizer({ lookup, rbacRevision: () => 1 }) };
};

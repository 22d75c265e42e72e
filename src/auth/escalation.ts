/**
 * Nobody may grant what they do not hold, unless allowed the verbs `escalate` or `bind`
 * (pkg/registry/rbac/validation/policy_comparator.go and pkg/registry/rbac policybased storage, 1.36).
 */

import type { ClusterRole, PolicyRule, Role, RoleBinding } from '../kinds/generated/types.ts';
import { forbidden, notFound, type ResourceRef } from '../machinery/status.ts';
import type { Identity } from './identity.ts';
import { type Authorizer, missingRoleErrors, printAggregate, SUPERUSERS } from './rbac.ts';
import { compactRules, printQuoted, printRule, uncovered } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** A write of an RBAC object under check. `name` is the object's, `requestName` the path's ('' on create). */
export interface RbacWrite {
  readonly resource: 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings';
  readonly namespace: string;
  readonly name: string;
  readonly requestName: string;
  readonly identity: Identity;
}

const refOf = (write: RbacWrite): ResourceRef => ({ group: GROUP, resource: write.resource });

const mayEscalate = (authorizer: Authorizer, write: RbacWrite): boolean =>
  write.identity.groups.includes(SUPERUSERS) ||
  authorizer.authorize(write.identity, {
    verb: 'escalate',
    group: GROUP,
    version: '*',
    resource: write.resource,
    name: write.requestName,
    namespace: write.namespace,
  }).allowed;

/** Why the identity may not grant the rules, or `undefined` when it holds them all. */
const explainMissing = (
  authorizer: Authorizer,
  write: RbacWrite,
  rules: readonly PolicyRule[],
): string | undefined => {
  const grants = authorizer.grants(write.identity, write.namespace);
  const missing = uncovered(
    grants.flatMap((grant) => grant.rules),
    rules,
  );
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(printRule))].sort();
  const { username, groups } = write.identity;
  const sentence = `user ${JSON.stringify(username)} (groups=${printQuoted(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
  // Upstream reads roles through a store that names them after the resource of the request being served.
  const errors = missingRoleErrors(grants, () => write.resource);
  return errors.length === 0 ? sentence : `${sentence}; resolution errors: [${printAggregate(errors)}]`;
};

const confirm = (authorizer: Authorizer, write: RbacWrite, rules: readonly PolicyRule[]): void => {
  const message = explainMissing(authorizer, write, rules);
  if (message !== undefined) throw forbidden(refOf(write), write.name, message);
};

const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

const aggregates = (role: Role | ClusterRole | undefined): boolean =>
  ((role as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;

/** Checks a create or update of a Role or ClusterRole. Throws 403. `old` is absent on create. */
export const checkRoleWrite = (
  authorizer: Authorizer,
  write: RbacWrite,
  role: Role | ClusterRole,
  old: Role | ClusterRole | undefined,
): void => {
  if (mayEscalate(authorizer, write)) return;
  confirm(authorizer, write, role.rules ?? []);
  if (write.resource !== 'clusterroles' || !(aggregates(role) || aggregates(old))) return;
  if (explainMissing(authorizer, write, FULL_AUTHORITY) !== undefined) {
    throw forbidden(
      refOf(write),
      write.name,
      'must have cluster-admin privileges to use the aggregationRule',
    );
  }
};

/** Checks a create or update of a RoleBinding or ClusterRoleBinding. Throws 403, or 404 for a missing role. */
export const checkBindingWrite = (
  authorizer: Authorizer,
  write: RbacWrite,
  roleRef: RoleBinding['roleRef'],
): void => {
  if (write.identity.groups.includes(SUPERUSERS)) return;
  const resource = { ClusterRole: 'clusterroles', Role: 'roles' }[roleRef.kind];
  if (resource !== undefined) {
    const mayBind = authorizer.authorize(write.identity, {
      verb: 'bind',
      group: roleRef.apiGroup ?? '',
      version: '*',
      resource,
      name: roleRef.name,
      namespace: write.namespace,
    });
    if (mayBind.allowed) return;
  }
  const resolved = authorizer.resolve(roleRef, write.namespace);
  if (resolved.missing) throw notFound(refOf(write), resolved.missing.name);
  confirm(authorizer, write, resolved.rules);
};

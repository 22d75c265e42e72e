/**
 * Explaining decisions: why something is allowed, what almost allowed it, who may, and what somebody may in all. Nothing
 * here decides: the authorizer does, and a property test holds both against each other.
 */

import type { Lookup } from '../../kinds/define.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../kinds/generated/types.ts';
import type { Identity } from '../identity.ts';
import { subjectKey } from '../rbac.ts';

/** How answers name an object. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** How answers name a subject. */
export type SubjectName = ObjectName & { readonly kind: string };

/** A binding with the role it refers to. */
export interface Bound {
  readonly binding: RoleBinding | ClusterRoleBinding;
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly name: string;
  /** '' for cluster role bindings. */
  readonly namespace: string;
  readonly subjects: readonly Subject[];
  readonly roleName: ObjectName;
  /** Absent when there is no such role. */
  readonly role: Role | ClusterRole | undefined;
  readonly rules: readonly PolicyRule[];
}

const BOOTSTRAP = 'kubernetes.io/bootstrapping';

/** Whether an object is one of those every cluster starts with. */
export const isDefault = ({ metadata }: { readonly metadata: { readonly labels?: object } }): boolean =>
  metadata.labels !== undefined && BOOTSTRAP in metadata.labels;

/** Names an object without an empty namespace. */
export const named = (kind: string, name: string, namespace = ''): ObjectName =>
  namespace === '' ? { kind, name } : { kind, name, namespace };

/** `Role "a" in namespace "b"`. */
export const describe = ({ kind, name, namespace }: ObjectName): string =>
  `${kind} ${JSON.stringify(name)}${namespace === undefined ? '' : ` in namespace ${JSON.stringify(namespace)}`}`;

/** A subject as its binding means it. */
export const nameSubject = (subject: Subject, bindingNamespace: string): SubjectName =>
  subject.kind === 'ServiceAccount'
    ? named(subject.kind, subject.name, subject.namespace || bindingNamespace)
    : named(subject.kind, subject.name);

const bind = (lookup: Lookup, binding: RoleBinding | ClusterRoleBinding, kind: Bound['kind']): Bound => {
  const { metadata, roleRef } = binding;
  const namespace = metadata.namespace ?? '';
  const isCluster = roleRef.kind === 'ClusterRole';
  const role = isCluster
    ? lookup.get('clusterroles.rbac.authorization.k8s.io', '', roleRef.name)
    : lookup.get('roles.rbac.authorization.k8s.io', namespace, roleRef.name);
  return {
    binding,
    kind,
    name: metadata.name ?? '',
    namespace,
    subjects: binding.subjects ?? [],
    roleName: named(roleRef.kind, roleRef.name, isCluster ? '' : namespace),
    role,
    rules: role?.rules ?? [],
  };
};

/** Every binding, in the order the authorizer asks them. */
export const readBindings = (lookup: Lookup): readonly Bound[] => [
  ...lookup
    .list('clusterrolebindings.rbac.authorization.k8s.io')
    .map((binding) => bind(lookup, binding, 'ClusterRoleBinding')),
  ...lookup
    .list('rolebindings.rbac.authorization.k8s.io')
    .map((binding) => bind(lookup, binding, 'RoleBinding')),
];

/** Position of the first subject of a binding that is the identity or one of its groups; -1 when none is. */
export const subjectIndex = (bound: Bound, identity: Identity): number => {
  const keys = new Set([`u/${identity.username}`, ...identity.groups.map((group) => `g/${group}`)]);
  return bound.subjects.findIndex((subject) => {
    const key = subjectKey(subject, bound.namespace);
    return key !== undefined && keys.has(key);
  });
};

/** The binding's own name. */
export const nameBinding = ({ kind, name, namespace }: Bound): ObjectName => named(kind, name, namespace);

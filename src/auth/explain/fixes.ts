import type { PolicyRule, Subject } from '../../kinds/generated/types.ts';
import { type Attributes, isPathRequest } from '../attributes.ts';
import type { Identity } from '../identity.ts';
import { splitServiceAccountUsername } from '../service-account-names.ts';
import type { Candidate } from './near-misses.ts';
import { type Bound, describe, isDefault, type ObjectName } from './policy.ts';

/** How a miss becomes a grant: a patch of the object, or objects to apply. */
export interface Fix {
  readonly summary: string;
  /** Shell commands, in order. */
  readonly commands: readonly string[];
  /** JSON Patch of the object that differs. */
  readonly patch?: readonly PatchStep[];
  /** Objects to create or apply. */
  readonly manifests?: readonly Manifest[];
}

export interface PatchStep {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

export type Manifest = Readonly<Record<string, unknown>>;

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

/** The subject a binding needs for an identity. */
export const subjectFor = ({ username }: Identity): Subject => {
  const account = splitServiceAccountUsername(username);
  return account
    ? { kind: 'ServiceAccount', name: account.name, namespace: account.namespace }
    : { kind: 'User', apiGroup: GROUP, name: username };
};

/** A name made of what a subject is called, as objects may be named. */
export const nameFor = ({ username }: Identity): string => {
  const account = splitServiceAccountUsername(username);
  const plain = (account?.name ?? username).toLowerCase().replace(/[^a-z0-9.-]+/g, '-');
  return plain.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '').slice(0, 200) || 'subject';
};

/** A Role, or a ClusterRole without a namespace. */
export const makeRole = (name: string, namespace: string, rules: readonly PolicyRule[]): Manifest => ({
  apiVersion: API_VERSION,
  kind: namespace === '' ? 'ClusterRole' : 'Role',
  metadata: namespace === '' ? { name } : { name, namespace },
  rules,
});

/** A RoleBinding, or a ClusterRoleBinding without a namespace. */
export const makeBinding = (
  name: string,
  namespace: string,
  role: { readonly kind: string; readonly name: string },
  subjects: readonly Subject[],
): Manifest => ({
  apiVersion: API_VERSION,
  kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: namespace === '' ? { name } : { name, namespace },
  subjects,
  roleRef: { apiGroup: GROUP, kind: role.kind, name: role.name },
});

/** A word for the shell; quoted where it has to be. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const target = ({ kind, name, namespace }: ObjectName): string =>
  `${kind.toLowerCase()} ${shellWord(name)}${namespace === undefined ? '' : ` -n ${shellWord(namespace)}`}`;

const patchCommand = (object: ObjectName, patch: readonly PatchStep[]): string =>
  `kubectl patch ${target(object)} --type=json -p ${shellWord(JSON.stringify(patch))}`;

/** The rule that allows just the request. */
export const ruleFor = (attributes: Attributes): PolicyRule => {
  if (isPathRequest(attributes)) return { verbs: [attributes.verb], nonResourceURLs: [attributes.path] };
  const { verb, group, resource, subresource = '' } = attributes;
  return {
    verbs: [verb],
    apiGroups: [group],
    resources: [subresource === '' ? resource : `${resource}/${subresource}`],
  };
};

const applying = (summary: string, manifests: readonly Manifest[], before: readonly string[] = []): Fix => ({
  summary,
  commands: [...before, 'kubectl apply -f fix.yaml   # the manifests below'],
  manifests,
});

/** A role of its own: for rights that belong to nobody else. */
export const grantAnew = (identity: Identity, attributes: Attributes): Fix => {
  const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  const name = `${nameFor(identity)}-${isPathRequest(attributes) ? 'paths' : attributes.resource}`;
  const role = { kind: namespace === '' ? 'ClusterRole' : 'Role', name };
  return applying(`Give ${identity.username} a role of its own for this.`, [
    makeRole(name, namespace, [ruleFor(attributes)]),
    makeBinding(name, namespace, role, [subjectFor(identity)]),
  ]);
};

const fixRule = (miss: Candidate, identity: Identity, attributes: Attributes): Fix => {
  const { bound, ruleIndex = 0, field, needed, kind, object } = miss;
  const isShared = bound.role !== undefined && (isDefault(bound.role) || 'aggregationRule' in bound.role);
  // What comes with the cluster, or is put together by it, is not to be edited; nor is an unrelated rule widened.
  if (isShared) return grantAnew(identity, attributes);
  if (kind === 'resourceName' && needed === '') {
    const patch: PatchStep[] = [{ op: 'add', path: '/rules/-', value: ruleFor(attributes) }];
    return {
      summary: `Add a rule without resourceNames to ${describe(object)}: requests that name no object cannot be limited to names.`,
      commands: [patchCommand(object, patch)],
      patch,
    };
  }
  const list = field.slice(field.indexOf('.') + 1);
  const patch: PatchStep[] = [{ op: 'add', path: `/rules/${ruleIndex}/${list}/-`, value: needed }];
  return {
    summary: `Add ${JSON.stringify(needed)} to ${field} of ${describe(object)}.`,
    commands: [patchCommand(object, patch)],
    patch,
  };
};

const fixSubject = (miss: Candidate, identity: Identity): Fix => {
  const { bound, object, subject } = miss;
  const value = subjectFor(identity);
  if (subject === undefined) {
    const isEmpty = bound.subjects.length === 0;
    const patch: PatchStep[] = isEmpty
      ? [{ op: 'add', path: '/subjects', value: [value] }]
      : [{ op: 'add', path: '/subjects/-', value }];
    return {
      summary: `Add ${describe({ kind: value.kind, name: value.name })} to the subjects of ${describe(object)}.`,
      commands: [patchCommand(object, patch)],
      patch,
    };
  }
  const current = bound.subjects[subject.index];
  const meant =
    subject.field === 'name' && current !== undefined ? { ...current, name: subject.needed } : undefined;
  const isGroup = subject.needed === 'Group';
  const whole =
    isGroup && current !== undefined ? { ...current, kind: 'Group', apiGroup: GROUP } : (meant ?? value);
  const patch: PatchStep[] = [{ op: 'replace', path: `/subjects/${subject.index}`, value: whole }];
  return {
    summary: `Change subjects[${subject.index}].${subject.field} of ${describe(object)} from ${JSON.stringify(subject.found)} to ${JSON.stringify(subject.needed)}.`,
    commands: [patchCommand(object, patch)],
    patch,
  };
};

const rolesOf = (bound: Bound, namespace: string): readonly Manifest[] =>
  bound.roleName.kind === 'Role' ? [makeRole(bound.roleName.name, namespace, bound.rules)] : [];

const fixNamespace = (miss: Candidate, identity: Identity, attributes: Attributes): Fix => {
  const { bound } = miss;
  const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  const subjects = [subjectFor(identity)];
  if (namespace !== '') {
    return applying(
      `Bind ${describe({ ...bound.roleName })} in namespace ${JSON.stringify(namespace)} too.`,
      [...rolesOf(bound, namespace), makeBinding(bound.name, namespace, bound.roleName, subjects)],
    );
  }
  const role = { kind: 'ClusterRole', name: bound.roleName.name };
  const roles = bound.roleName.kind === 'Role' ? [makeRole(role.name, '', bound.rules)] : [];
  return applying('Bind it for the whole cluster; or ask for one namespace only.', [
    ...roles,
    makeBinding(bound.name, '', role, subjects),
  ]);
};

const fixRoleRef = (miss: Candidate, attributes: Attributes): Fix => {
  const { bound, field, needed, role, object } = miss;
  if (needed === 'a role that exists') {
    const namespace = role.namespace ?? '';
    return applying(`Create ${describe(role)}.`, [makeRole(role.name, namespace, [ruleFor(attributes)])]);
  }
  const ref =
    field === 'roleRef.kind' ? { kind: needed, name: role.name } : { kind: role.kind, name: needed };
  return applying(
    `Delete ${describe(object)} and make it anew with the right roleRef: a roleRef cannot be changed.`,
    [makeBinding(bound.name, bound.namespace, ref, bound.subjects)],
    [`kubectl delete ${target(object)}`],
  );
};

/** What to do about a miss. */
export const fixOf = (miss: Candidate, identity: Identity, attributes: Attributes): Fix => {
  switch (miss.kind) {
    case 'namespace':
      return fixNamespace(miss, identity, attributes);
    case 'subject':
      return fixSubject(miss, identity);
    case 'roleRef':
      return fixRoleRef(miss, attributes);
    default:
      return fixRule(miss, identity, attributes);
  }
};

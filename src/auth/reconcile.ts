/**
 * Brings a cluster's default roles and bindings back to what the release says (pkg/registry/rbac/reconciliation and
 * rest/storage_rbac.go, 1.36): what is missing is added, what somebody added stays, and objects with
 * `rbac.authorization.kubernetes.io/autoupdate: "false"` are left alone.
 */

import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../kinds/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { uncovered } from './rules.ts';

/** What to do about one default object; nothing when it is as it should be. */
export type Reconciled =
  | { readonly action: 'create' | 'update' | 'recreate'; readonly object: KubeObject }
  | undefined;

/** The annotation by which an administrator keeps a default object as it is. */
export const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

type Texts = Readonly<Record<string, string>>;

/** Labels or annotations the release wants, under those that are there. */
const merged = (there: Texts | undefined, wanted: Texts | undefined): Texts | undefined => {
  const missing = Object.entries(wanted ?? {}).filter(([key]) => there?.[key] === undefined);
  return missing.length === 0 ? there : { ...Object.fromEntries(missing), ...there };
};

const withMetadata = <Type extends KubeObject>(current: Type, wanted: KubeObject): Type => {
  const labels = merged(current.metadata.labels, wanted.metadata.labels);
  const annotations = merged(current.metadata.annotations, wanted.metadata.annotations);
  if (labels === current.metadata.labels && annotations === current.metadata.annotations) return current;
  return {
    ...current,
    metadata: {
      ...current.metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
};

const withRules = <Type extends Role | ClusterRole>(current: Type, wanted: readonly PolicyRule[]): Type => {
  const rules = current.rules ?? [];
  const missing = uncovered(rules, wanted);
  return missing.length === 0 ? current : { ...current, rules: [...rules, ...missing] };
};

const withSelectors = (current: ClusterRole, wanted: ClusterRole): ClusterRole => {
  const there = current.aggregationRule?.clusterRoleSelectors ?? [];
  const known = new Set(there.map((selector) => JSON.stringify(selector)));
  const missing = (wanted.aggregationRule?.clusterRoleSelectors ?? []).filter(
    (selector) => !known.has(JSON.stringify(selector)),
  );
  return missing.length === 0
    ? current
    : { ...current, aggregationRule: { clusterRoleSelectors: [...there, ...missing] } };
};

const reconcileRole = (current: Role | ClusterRole, wanted: Role | ClusterRole): KubeObject => {
  const labelled = withMetadata(current, wanted);
  // The rules of an aggregated role are put together by its controller.
  if ('aggregationRule' in wanted && wanted.aggregationRule) {
    return withSelectors(labelled as ClusterRole, wanted);
  }
  return withRules(labelled, wanted.rules ?? []);
};

const subjectKey = ({ kind, apiGroup = '', namespace = '', name }: Subject): string =>
  `${kind}\n${apiGroup}\n${namespace}\n${name}`;

type Binding = RoleBinding | ClusterRoleBinding;

const sameRole = (one: Binding['roleRef'], other: Binding['roleRef']): boolean =>
  one.kind === other.kind && one.name === other.name;

const reconcileBinding = (current: Binding, wanted: Binding): Reconciled => {
  // A roleRef cannot be changed: the binding is made anew.
  if (!sameRole(current.roleRef, wanted.roleRef)) return { action: 'recreate', object: wanted };
  const labelled = withMetadata(current, wanted);
  const there = new Set((labelled.subjects ?? []).map(subjectKey));
  const missing = (wanted.subjects ?? []).filter((subject) => !there.has(subjectKey(subject)));
  const object =
    missing.length === 0 ? labelled : { ...labelled, subjects: [...(labelled.subjects ?? []), ...missing] };
  return object === current ? undefined : { action: 'update', object };
};

/** Compares a default object with what is there (`undefined`: nothing). */
export const reconcile = (current: KubeObject | undefined, wanted: KubeObject): Reconciled => {
  if (current === undefined) return { action: 'create', object: wanted };
  if (current.metadata.annotations?.[AUTOUPDATE] === 'false') return undefined;
  if (wanted.kind.endsWith('Binding')) return reconcileBinding(current as Binding, wanted as Binding);
  const object = reconcileRole(current as ClusterRole, wanted as ClusterRole);
  return object === current ? undefined : { action: 'update', object };
};

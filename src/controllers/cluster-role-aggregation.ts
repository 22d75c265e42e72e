import type { Lookup } from '../kinds/define.ts';
import type { ClusterRole } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { matchSelector } from './common/labels.ts';
import { type Controller, type ObjectChange, watch } from './contract.ts';

const RESOURCE = 'clusterroles.rbac.authorization.k8s.io';

const selects = (role: ClusterRole, labels: Readonly<Record<string, string>> | undefined): boolean =>
  (role.aggregationRule?.clusterRoleSelectors ?? []).some((selector) => matchSelector(selector)(labels));

/** Aggregating roles that the change concerns: themselves, and those whose selectors match before or after. */
const keysOf = ({ op, object, previous }: ObjectChange<ClusterRole>, lookup: Lookup): readonly string[] => {
  if (
    op === 'update' &&
    deepEqual(object.rules, previous?.rules) &&
    deepEqual(object.metadata.labels, previous?.metadata.labels) &&
    deepEqual(object.aggregationRule, previous?.aggregationRule)
  ) {
    return [];
  }
  const keys = new Set<string>();
  if (op !== 'delete' && object.aggregationRule !== undefined) keys.add(object.metadata.name ?? '');
  for (const role of lookup.list(RESOURCE)) {
    if (role.aggregationRule === undefined) continue;
    if (
      selects(role, object.metadata.labels) ||
      (previous !== undefined && selects(role, previous.metadata.labels))
    ) {
      keys.add(role.metadata.name ?? '');
    }
  }
  return [...keys];
};

/** Fills aggregating ClusterRoles with the rules they select (pkg/controller/clusterroleaggregation). The key is the role's name. */
export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation-controller',
  watches: [watch(RESOURCE, keysOf)],
  reconcile: ({ lookup, client }, name) => {
    const role = lookup.get(RESOURCE, '', name);
    if (role?.aggregationRule === undefined) return undefined;
    const rules: NonNullable<ClusterRole['rules']>[number][] = [];
    const all = lookup.list(RESOURCE).filter((other) => other.metadata.name !== name);
    // Role by selector, then by name: the order shows in the result.
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const matches = matchSelector(selector);
      for (const other of all) {
        if (!matches(other.metadata.labels)) continue;
        for (const rule of other.rules ?? []) {
          if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
        }
      }
    }
    if (deepEqual(role.rules ?? [], rules)) return undefined;
    client.update(RESOURCE, '', name, (current) => {
      const { rules: _, ...rest } = current;
      return (rules.length === 0 ? { ...rest, rules: null } : { ...rest, rules }) as unknown as ClusterRole;
    });
    return undefined;
  },
};

import type { PolicyRule } from '../../kinds/generated/types.ts';
import { type Attributes, combinedResource, isPathRequest, type ResourceAttributes } from '../attributes.ts';
import { ruleAllows } from '../rules.ts';

/** The part of a rule that is not as the request needs it. */
export type RuleField = 'verbs' | 'apiGroups' | 'resources' | 'resourceNames' | 'nonResourceURLs';

/** One part that differs. `isNear`: it looks like the same thing written wrongly. */
export interface RuleDifference {
  readonly field: RuleField;
  readonly found: readonly string[];
  readonly needed: string;
  readonly isNear: boolean;
}

/** Letters to insert, delete or replace to get from one text to the other; 3 stands for more than two. */
export const editDistance = (one: string, other: string): number => {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let previous = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + same,
        ),
      );
    }
    previous = current;
  }
  return Math.min(3, previous[other.length] ?? 3);
};

/** Whether two names look like one name written wrongly once. */
export const looksLike = (one: string, other: string): boolean =>
  one !== other &&
  (one.toLowerCase() === other.toLowerCase() ||
    (Math.min(one.length, other.length) > 3 && editDistance(one, other) <= 2));

/** `pods` for `pod`, `Pod`, `pods/log`, `pods/*`: what people write when they mean this resource. */
const nearResource = (found: string, resource: string, subresource: string): boolean => {
  const [base = '', sub = ''] = found.split('/');
  if (base === resource) return sub !== subresource;
  const lower = base.toLowerCase();
  const isSame = lower === resource || `${lower}s` === resource || `${lower}es` === resource;
  return isSame || looksLike(base, resource);
};

const differ = (
  rule: PolicyRule,
  field: RuleField,
  needed: string,
  isNear: (found: string) => boolean,
): RuleDifference => {
  const found = rule[field] ?? [];
  return { field, found, needed, isNear: found.some(isNear) };
};

const lacks = (list: readonly string[] | undefined, value: string): boolean =>
  !(list ?? []).some((item) => item === '*' || item === value);

const resourceDifferences = (rule: PolicyRule, attributes: ResourceAttributes): RuleDifference[] => {
  const found: RuleDifference[] = [];
  const { verb, group, resource, subresource = '', name = '' } = attributes;
  const combined = combinedResource(attributes);
  const whole: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const allows = (part: Partial<PolicyRule>): boolean => ruleAllows({ ...whole, ...part }, attributes);
  if (!allows({ verbs: rule.verbs }))
    found.push(differ(rule, 'verbs', verb, (item) => looksLike(item, verb)));
  if (!allows({ apiGroups: rule.apiGroups ?? [] })) {
    found.push(differ(rule, 'apiGroups', group, (item) => item === '' || looksLike(item, group)));
  }
  if (!allows({ resources: rule.resources ?? [] })) {
    found.push(differ(rule, 'resources', combined, (item) => nearResource(item, resource, subresource)));
  }
  if (rule.resourceNames !== undefined && !allows({ resourceNames: rule.resourceNames })) {
    found.push(differ(rule, 'resourceNames', name, (item) => looksLike(item, name)));
  }
  return found;
};

/**
 * Where a rule differs from what a request needs: nothing when it allows it, `undefined` when the two are not of one
 * sort (a rule for paths, a request for a resource).
 */
export const ruleDifferences = (
  rule: PolicyRule,
  attributes: Attributes,
): readonly RuleDifference[] | undefined => {
  if (!isPathRequest(attributes)) {
    return (rule.resources ?? []).length === 0 ? undefined : resourceDifferences(rule, attributes);
  }
  const paths = rule.nonResourceURLs ?? [];
  if (paths.length === 0) return undefined;
  const found: RuleDifference[] = [];
  const { verb, path } = attributes;
  if (lacks(rule.verbs, verb)) found.push(differ(rule, 'verbs', verb, () => false));
  if (!ruleAllows({ verbs: ['*'], nonResourceURLs: paths }, attributes)) {
    found.push(differ(rule, 'nonResourceURLs', path, (item) => looksLike(item, path)));
  }
  return found;
};

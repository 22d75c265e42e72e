/** Rules of roles (upstream: pkg/apis/rbac/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector } from '../../machinery/selector.ts';
import { checkEach, type Errors } from '../common/checks.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { ClusterRole, LabelSelector, PolicyRule, Role } from '../generated/types.ts';

const isEmpty = (list: readonly string[] | null | undefined): boolean => !list || list.length === 0;

const checkUrls = (errors: Errors, path: string, rule: PolicyRule, namespaced: boolean): void => {
  const field = `${path}.nonResourceURLs`;
  const urls = rule.nonResourceURLs;
  if (namespaced) {
    errors.push(invalidValue(field, urls, 'namespaced rules cannot apply to non-resource URLs'));
  }
  if (isEmpty(rule.apiGroups) && isEmpty(rule.resources) && isEmpty(rule.resourceNames)) return;
  errors.push(
    invalidValue(field, urls, 'rules cannot apply to both regular resources and non-resource URLs'),
  );
};

const checkPolicyRule =
  (namespaced: boolean) =>
  (errors: Errors, path: string, rule: PolicyRule): void => {
    if (isEmpty(rule.verbs)) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    if (!isEmpty(rule.nonResourceURLs)) {
      checkUrls(errors, path, rule, namespaced);
      return;
    }
    if (isEmpty(rule.apiGroups)) {
      errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (isEmpty(rule.resources)) {
      errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
    }
  };

/** Errors of a role, new or changed. */
export const validateRole = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  checkEach(errors, 'rules', (object as Role).rules, checkPolicyRule(true));
  return errors;
};

const checkSelector = (errors: Errors, path: string, selector: LabelSelector): void => {
  checkLabelSelector(errors, path, selector);
  if (!fromLabelSelector(selector).ok) errors.push(invalidValue(path, null, 'invalid label selector.'));
};

/** Errors of a cluster role, new or changed. */
export const validateClusterRole = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { rules, aggregationRule } = object as ClusterRole;
  checkEach(errors, 'rules', rules, checkPolicyRule(false));
  if (aggregationRule === undefined) return errors;
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  checkEach(errors, field, selectors, checkSelector);
  return errors;
};

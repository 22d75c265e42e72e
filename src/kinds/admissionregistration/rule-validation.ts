/** Which requests a webhook or a policy is about (upstream: pkg/apis/admissionregistration/validation, 1.36). */

import { duplicate, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { checkEach, checkPathSegment, type Errors } from '../common/checks.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../generated/types.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

/** What happens when the webhook or the expression cannot be asked, in order. */
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
/** Whether other versions of a resource match, in order. */
export const MATCH_POLICIES = ['Equivalent', 'Exact'];

/** Refuses a value that is there and not among those supported; the empty text counts as being there. */
export const checkChoice = (
  errors: Errors,
  path: string,
  value: string | undefined,
  supported: readonly string[],
): void => {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
};

const checkWild = (errors: Errors, path: string, list: readonly string[], what: string): void => {
  if (list.length === 0) errors.push(required(path));
  if (list.length > 1 && list.includes('*')) {
    errors.push(invalidValue(path, list, `if '*' is present, must not specify other ${what}`));
  }
};

const checkOverlap = (
  errors: Errors,
  path: string,
  text: string,
  wholes: Set<string>,
  everywhere: Set<string>,
): void => {
  const slash = text.indexOf('/');
  const resource = text.slice(0, slash);
  const sub = text.slice(slash + 1);
  if (wholes.has(resource)) {
    errors.push(invalidValue(path, text, `if '${resource}/*' is present, must not specify ${text}`));
  }
  if (everywhere.has(sub)) {
    errors.push(invalidValue(path, text, `if '*/${sub}' is present, must not specify ${text}`));
  }
  if (sub === '*') wholes.add(resource);
  if (resource === '*') everywhere.add(sub);
};

const checkResources = (errors: Errors, path: string, resources: readonly string[]): void => {
  if (resources.length === 0) errors.push(required(path));
  const wholes = new Set<string>();
  const everywhere = new Set<string>();
  let plain = false;
  checkEach(errors, path, resources, (found, at, text) => {
    if (text === '') found.push(required(at));
    else if (text.includes('/')) checkOverlap(found, at, text, wholes, everywhere);
    // As upstream: the last one without a subresource decides.
    else plain = text !== '*';
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && plain) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalidValue(path, resources, detail));
  }
};

/** Operations, groups, versions and resources of one rule. */
export const checkRuleWithOperations = (errors: Errors, path: string, rule: RuleWithOperations): void => {
  const operations = rule.operations ?? [];
  checkWild(errors, `${path}.operations`, operations, 'operations');
  checkEach(errors, `${path}.operations`, operations, (found, at, operation) =>
    checkChoice(found, at, operation, OPERATIONS),
  );
  checkWild(errors, `${path}.apiGroups`, rule.apiGroups ?? [], 'API groups');
  const versions = rule.apiVersions ?? [];
  checkWild(errors, `${path}.apiVersions`, versions, 'API versions');
  checkEach(errors, `${path}.apiVersions`, versions, (found, at, version) => {
    if (version === '') found.push(required(at));
  });
  checkResources(errors, `${path}.resources`, rule.resources ?? []);
  checkChoice(errors, `${path}.scope`, rule.scope, SCOPES);
};

const checkNamedRule = (errors: Errors, path: string, rule: NamedRuleWithOperations): void => {
  const names = new Set<string>();
  checkEach(errors, `${path}.resourceNames`, rule.resourceNames, (found, at, name) => {
    checkPathSegment(found, at, name);
    if (names.has(name)) found.push(duplicate(at, name));
    names.add(name);
  });
  checkRuleWithOperations(errors, path, rule);
};

/** What a policy or a binding is about; absent is fine. */
export const checkMatchResources = (
  errors: Errors,
  path: string,
  resources: MatchResources | undefined,
): void => {
  if (resources === undefined) return;
  const { matchPolicy, namespaceSelector, objectSelector } = resources;
  if (matchPolicy === undefined) errors.push(required(`${path}.matchPolicy`));
  checkChoice(errors, `${path}.matchPolicy`, matchPolicy, MATCH_POLICIES);
  if (namespaceSelector === undefined) errors.push(required(`${path}.namespaceSelector`));
  checkLabelSelector(errors, `${path}.namespaceSelector`, namespaceSelector);
  if (objectSelector === undefined) errors.push(required(`${path}.objectSelector`));
  checkLabelSelector(errors, `${path}.objectSelector`, objectSelector);
  checkEach(errors, `${path}.resourceRules`, resources.resourceRules, checkNamedRule);
  checkEach(errors, `${path}.excludeResourceRules`, resources.excludeResourceRules, checkNamedRule);
};

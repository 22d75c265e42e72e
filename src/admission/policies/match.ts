/** Which requests a policy or a binding concerns (apiserver pkg/admission/plugin/policy/matching). */

import type { MatchResources, NamedRuleWithOperations, Namespace } from '../../kinds/generated/types.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../machinery/selector.ts';
import type { AdmissionRequest } from '../request.ts';

type Labels = Readonly<Record<string, string>> | undefined;

const matchesSelector = (selector: unknown, labels: Labels): boolean => {
  if (selector === undefined) return true;
  const terms = fromLabelSelector(selector as LabelSelectorObject);
  return terms.ok && matchesLabels(terms.value, labels ?? {});
};

const labelsOf = (object: unknown): Labels =>
  (object as { readonly metadata?: { readonly labels?: Labels } } | undefined)?.metadata?.labels;

/** Rules name resources with or without what is below: a star stands for any of either. */
const matchesResource = (rule: string, resource: string, subresource: string): boolean => {
  const [wanted = '', below] = rule.split('/');
  if (wanted !== '*' && wanted !== resource) return false;
  return below === undefined ? subresource === '' : below === '*' || below === subresource;
};

const includes = (list: readonly string[] | null | undefined, value: string): boolean =>
  (list ?? []).some((item) => item === '*' || item === value);

const matchesRule = (rule: NamedRuleWithOperations, request: AdmissionRequest): boolean => {
  const { kind, operation, subresource = '', name } = request;
  const { scope = '*', resourceNames = [] } = rule;
  if (!includes(rule.operations, operation) || !includes(rule.apiGroups, kind.group)) return false;
  const versions = rule.apiVersions ?? [];
  // Any version of the resource will do: the default match policy is Equivalent.
  if (!includes(versions, '*') && !kind.served.some((served) => versions.includes(served.version)))
    return false;
  if (scope === 'Namespaced' ? !kind.namespaced : scope === 'Cluster' && kind.namespaced) return false;
  const names = resourceNames ?? [];
  if (names.length > 0 && !names.includes(name)) return false;
  return (rule.resources ?? []).some((resource) => matchesResource(resource, kind.resource, subresource));
};

/** Kinds that policies never judge: they could lock everybody out. */
const EXEMPT: ReadonlySet<string> = new Set([
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
]);

/** Whether any policy may judge the request at all. */
export const isJudged = ({ kind }: AdmissionRequest): boolean =>
  kind.group !== 'admissionregistration.k8s.io' || !EXEMPT.has(kind.kind);

/** Whether a policy's constraints or a binding's resources match; absent ones match everything. */
export const matchesResources = (
  match: MatchResources | undefined,
  request: AdmissionRequest,
  namespace: Namespace | undefined,
): boolean => {
  if (match === undefined) return true;
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules } = match;
  const isNamespace = request.kind.kind === 'Namespace' && request.kind.group === '';
  const scope = isNamespace ? (request.object ?? request.old) : namespace;
  if (scope !== undefined && !matchesSelector(namespaceSelector, labelsOf(scope))) return false;
  const objects = [request.object, request.old].filter((object) => object !== undefined);
  if (
    objectSelector !== undefined &&
    !objects.some((object) => matchesSelector(objectSelector, labelsOf(object)))
  )
    return false;
  if ((excludeResourceRules ?? []).some((rule) => matchesRule(rule, request))) return false;
  if (resourceRules === undefined || resourceRules === null || resourceRules.length === 0) return true;
  return resourceRules.some((rule) => matchesRule(rule, request));
};

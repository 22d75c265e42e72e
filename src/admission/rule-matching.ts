/**
 * Which requests a webhook or an admission policy is about (upstream: apiserver admission/plugin/webhook/predicates
 * and .../policy/matching, 1.36): resource rules, the namespace's labels, the object's labels.
 */

import type { Lookup } from '../kinds/define.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type LabelSelectorObject, matchesSelector } from '../machinery/selector.ts';
import { notFound } from '../machinery/status.ts';
import { readDraft } from './chain.ts';
import type { AdmissionRequest } from './request.ts';

/** A rule of a configuration; an absent list matches nothing. */
export interface ResourceRule {
  readonly apiGroups?: readonly string[] | null;
  readonly apiVersions?: readonly string[] | null;
  readonly operations?: readonly string[] | null;
  readonly resources?: readonly string[] | null;
  readonly resourceNames?: readonly string[] | null;
  readonly scope?: string | null;
}

/** `Exact`: the version the request was sent to. `Equivalent`: any version the resource is served at. */
export type MatchPolicy = 'Exact' | 'Equivalent';

/** Kinds that configure admission are never subject to it, so that a mistake can be taken back. */
const EXEMPT: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** True for writes of what configures admission. */
export const isExempt = ({ kind }: AdmissionRequest): boolean =>
  kind.group === 'admissionregistration.k8s.io' && EXEMPT.has(kind.resource);

const includes = (list: readonly string[] | null | undefined, value: string): boolean =>
  (list ?? []).some((entry) => entry === '*' || entry === value);

const matchesResource = (rule: ResourceRule, { kind, subresource = '' }: AdmissionRequest): boolean =>
  (rule.resources ?? []).some((entry) => {
    const [resource = '', sub = ''] = entry.split('/', 2);
    return (resource === '*' || resource === kind.resource) && (sub === '*' || sub === subresource);
  });

const isNamespaceKind = ({ kind }: AdmissionRequest): boolean =>
  kind.group === '' && kind.resource === 'namespaces';

const matchesScope = (rule: ResourceRule, request: AdmissionRequest): boolean => {
  const { scope } = rule;
  if (scope !== 'Namespaced' && scope !== 'Cluster') return true;
  const isNamespaced = request.kind.namespaced && !isNamespaceKind(request);
  return isNamespaced === (scope === 'Namespaced');
};

/** The version a request is shown at to whoever matched it. */
export interface MatchedVersion {
  readonly group: string;
  readonly version: string;
}

const CUSTOM_DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** The version a request was sent to. */
export const requestVersion = ({ kind, version }: AdmissionRequest): MatchedVersion =>
  version === undefined
    ? { group: kind.group, version: kind.storageVersion }
    : { group: version.group, version: version.version };

/** The version of the request, then the others the resource is served at. */
const versionsOf = (
  request: AdmissionRequest,
  policy: MatchPolicy,
  lookup: Lookup | undefined,
): readonly MatchedVersion[] => {
  const { kind } = request;
  const own = requestVersion(request);
  if (policy === 'Exact') return [own];
  const others =
    kind.custom === true
      ? (lookup?.get(CUSTOM_DEFINITIONS, '', `${kind.resource}.${kind.group}`)?.spec.versions ?? [])
          .filter(({ served }) => served)
          .map(({ name }) => ({ group: kind.group, version: name }))
      : kind.served.map(({ group, version: name }) => ({ group, version: name }));
  const rest = others.filter((other) => other.group !== own.group || other.version !== own.version);
  return [own, ...rest];
};

/** True when a rule names this operation, resource, scope and name, at whatever version. */
const matchesApartFromVersion = (rule: ResourceRule, request: AdmissionRequest): boolean =>
  includes(rule.operations, request.operation) &&
  matchesResource(rule, request) &&
  matchesScope(rule, request) &&
  ((rule.resourceNames ?? []).length === 0 || (rule.resourceNames ?? []).includes(request.name));

/**
 * The version under which one of the rules matches: the request's own before any other; `undefined` when none does.
 * The other versions of a custom resource are known only with the lookup.
 */
export const findMatch = (
  rules: readonly ResourceRule[] | null | undefined,
  request: AdmissionRequest,
  policy: MatchPolicy = 'Equivalent',
  lookup?: Lookup,
): MatchedVersion | undefined => {
  const candidates = (rules ?? []).filter((rule) => matchesApartFromVersion(rule, request));
  if (candidates.length === 0) return undefined;
  return versionsOf(request, policy, lookup).find(({ group, version }) =>
    candidates.some((rule) => includes(rule.apiGroups, group) && includes(rule.apiVersions, version)),
  );
};

const selects = (selector: LabelSelectorObject | null | undefined, object: KubeObject | undefined): boolean =>
  object !== undefined && matchesSelector(selector ?? {}, object.metadata?.labels ?? {});

const isEmpty = (selector: LabelSelectorObject | null | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/**
 * True when the labels of the request's namespace are selected; cluster-scoped objects other than Namespaces always
 * are. A Namespace that is written is judged by its own new labels. Throws 404 when the namespace is gone.
 */
export const matchesNamespace = (
  selector: LabelSelectorObject | null | undefined,
  request: AdmissionRequest,
  lookup: Lookup,
): boolean => {
  if (isEmpty(selector)) return true;
  if (isNamespaceKind(request)) {
    const written = request.subresource === undefined ? request.object : undefined;
    const own = written === undefined ? request.old : readDraft<KubeObject>(written);
    return selects(selector, own);
  }
  if (!request.kind.namespaced) return true;
  const namespace = lookup.get('namespaces', '', request.namespace);
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, request.namespace);
  return selects(selector, namespace);
};

/** True when the labels of the new or of the old object are selected. */
export const matchesObject = (
  selector: LabelSelectorObject | null | undefined,
  { object, old }: AdmissionRequest,
): boolean =>
  isEmpty(selector) ||
  selects(selector, object === undefined ? undefined : readDraft<KubeObject>(object)) ||
  selects(selector, old);

/** Rules of resource quotas (pkg/apis/core/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { type Errors, FIELD_IS_IMMUTABLE, type TextMap } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from '../generated/types.ts';
import { checkQuotaResourceName, checkResourceAmount, isStandardQuotaResource } from './resource-names.ts';

const EXISTENCE_SCOPES = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
];
const SCOPES = new Set([...EXISTENCE_SCOPES, 'PriorityClass', 'VolumeAttributesClass']);
const POD_RESOURCES = new Set(['pods']);
const COMPUTE_RESOURCES = new Set([
  'pods',
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
]);
const CLAIM_RESOURCES = new Set(['persistentvolumeclaims', 'requests.storage']);
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** Whether counting a resource can be narrowed to a scope. */
const goesWith = (scope: string, resource: string): boolean => {
  if (scope === 'BestEffort') return POD_RESOURCES.has(resource);
  if (scope === 'VolumeAttributesClass') return CLAIM_RESOURCES.has(resource);
  return !SCOPES.has(scope) || COMPUTE_RESOURCES.has(resource);
};

const checkAmounts = (errors: Errors, path: string, list: TextMap | undefined): void => {
  for (const name of Object.keys(list ?? {}).sort()) {
    const at = `${path}[${name}]`;
    checkQuotaResourceName(errors, at, name);
    checkResourceAmount(errors, at, name, list?.[name] ?? '');
  }
};

const mismatches = (spec: ResourceQuotaSpec, scope: string): number =>
  Object.keys(spec.hard ?? {}).filter((name) => isStandardQuotaResource(name) && !goesWith(scope, name))
    .length;

const checkConflicts = (
  errors: Errors,
  path: string,
  spec: ResourceQuotaSpec,
  scopes: readonly string[],
): void => {
  for (const [left, right] of CONFLICTS) {
    if (!scopes.includes(left) || !scopes.includes(right)) continue;
    errors.push(invalidValue(path, spec.scopes ?? null, 'conflicting scopes'));
  }
};

const checkScopes = (errors: Errors, spec: ResourceQuotaSpec): void => {
  const { scopes = [] } = spec;
  const refuse = (detail: string): void => {
    errors.push(invalidValue('spec.scopes', scopes, detail));
  };
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) refuse('unsupported scope');
    for (let count = mismatches(spec, scope); count > 0; count -= 1)
      refuse('unsupported scope applied to resource');
  }
  checkConflicts(errors, 'spec.scopes', spec, scopes);
};

const ONLY_EXISTS =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
  'ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';

const checkOperator = (
  errors: Errors,
  path: string,
  requirement: ScopedResourceSelectorRequirement,
): void => {
  const {
    scopeName = '',
    operator = '',
    values = [],
  } = requirement as Partial<ScopedResourceSelectorRequirement>;
  const at = `${path}.operator`;
  if (EXISTENCE_SCOPES.includes(scopeName) && operator !== 'Exists') {
    errors.push(invalidValue(at, operator, ONLY_EXISTS));
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return;
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.push(required(`${path}.values`, detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return;
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.push(invalidValue(`${path}.values`, values, detail));
  } else errors.push(invalidValue(at, operator, 'not a valid selector operator'));
};

const checkSelector = (errors: Errors, spec: ResourceQuotaSpec): void => {
  if (!spec.scopeSelector) return;
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = spec.scopeSelector.matchExpressions ?? [];
  for (const requirement of requirements) {
    const { scopeName = '' } = requirement as Partial<ScopedResourceSelectorRequirement>;
    if (!SCOPES.has(scopeName))
      errors.push(invalidValue(`${path}.scopeName`, scopeName, 'unsupported scope'));
    for (let count = mismatches(spec, scopeName); count > 0; count -= 1) {
      const shown = internalForm('ScopeSelector', spec.scopeSelector);
      errors.push(invalidValue(path, shown, 'unsupported scope applied to resource'));
    }
    checkOperator(errors, path, requirement);
  }
  checkConflicts(
    errors,
    path,
    spec,
    requirements.map(({ scopeName }) => scopeName),
  );
};

const specOf = (object: KubeObject): ResourceQuotaSpec => (object as Partial<ResourceQuota>).spec ?? {};

const checkSpec = (errors: Errors, spec: ResourceQuotaSpec): void => {
  checkAmounts(errors, 'spec.hard', spec.hard);
  checkScopes(errors, spec);
  checkSelector(errors, spec);
};

/** A new quota. */
export const validateResourceQuota = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object));
  return errors;
};

/** A changed quota, whose scopes are fixed. */
export const validateResourceQuotaUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const spec = specOf(object);
  checkSpec(errors, spec);
  const [next, before] = [new Set(spec.scopes ?? []), new Set(specOf(old).scopes ?? [])];
  if (next.size !== before.size || [...next].some((scope) => !before.has(scope))) {
    errors.push(invalidValue('spec.scopes', spec.scopes ?? null, FIELD_IS_IMMUTABLE));
  }
  return errors;
};

/** A quota's status. */
export const validateResourceQuotaStatus = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { status } = object as Partial<ResourceQuota>;
  checkAmounts(errors, 'status.hard', status?.hard);
  checkAmounts(errors, 'status.used', status?.used);
  return errors;
};

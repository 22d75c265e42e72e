/** Rules of flow schemas (upstream: pkg/apis/flowcontrol/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { dns1123Label } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkLabelName, checkPresent, checkSubdomain, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import type {
  FlowcontrolV1Subject,
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../generated/types.ts';
import { mandatoryFlowSchemas } from './mandatory.ts';

const METHODS = ['ByNamespace', 'ByUser'];
const SUBJECT_KINDS = ['Group', 'ServiceAccount', 'User'];
const MAX_PRECEDENCE = 10_000;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

const isAny = (list: readonly string[]): boolean => list.includes('*');

/** A list that is `*` alone or spelled out; false when the members need no look of their own. */
const checkWild = (
  errors: Errors,
  field: string,
  list: readonly string[],
  missing: string,
  others: string,
): boolean => {
  if (list.length === 0) errors.push(required(field, missing));
  else if (!isAny(list)) return true;
  else if (list.length > 1) {
    errors.push(invalidValue(field, list, `if '*' is present, must not specify other ${others}`));
  }
  return false;
};

const checkVerbs = (errors: Errors, field: string, verbs: readonly string[]): void => {
  if (!checkWild(errors, field, verbs, 'verbs must contain at least one value', 'verbs')) return;
  if (!verbs.every((verb) => VERBS.includes(verb))) errors.push(notSupported(field, verbs, VERBS));
};

/** What is wrong with a path that may end in `/*`. */
const pathComplaint = (path: string): string | undefined => {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const stars = path.split('*').length - 1;
  const matchesSuffix = stars === 0 || (stars === 1 && path.endsWith('/*'));
  return matchesSuffix ? undefined : 'wildcard can only do suffix matching';
};

const checkPathRule = (errors: Errors, path: string, rule: NonResourcePolicyRule): void => {
  checkVerbs(errors, `${path}.verbs`, rule.verbs ?? []);
  const field = `${path}.nonResourceURLs`;
  const urls = rule.nonResourceURLs ?? [];
  const missing = 'nonResourceURLs must contain at least one value';
  if (!checkWild(errors, field, urls, missing, 'non-resource URLs')) return;
  checkEach(errors, field, urls, (found, at, url) => {
    const complaint = pathComplaint(url);
    if (complaint !== undefined) found.push(invalidValue(at, url, complaint));
  });
};

const checkNamespaces = (errors: Errors, field: string, rule: ResourcePolicyRule): void => {
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && rule.clusterScope) return;
  const missing = 'resource rules that are not cluster scoped must supply at least one namespace';
  if (!checkWild(errors, field, namespaces, missing, 'namespaces')) return;
  checkEach(errors, field, namespaces, (found, at, name) => {
    for (const message of dns1123Label(name)) {
      found.push(
        invalidValue(at, name, `each member of this list must be '*' or a DNS-1123 label; ${message}`),
      );
    }
  });
};

const checkResourceRule = (errors: Errors, path: string, rule: ResourcePolicyRule): void => {
  checkVerbs(errors, `${path}.verbs`, rule.verbs ?? []);
  const groups = 'resource rules must supply at least one api group';
  checkWild(errors, `${path}.apiGroups`, rule.apiGroups ?? [], groups, 'api groups');
  const resources = 'resource rules must supply at least one resource';
  checkWild(errors, `${path}.resources`, rule.resources ?? [], resources, 'resources');
  checkNamespaces(errors, `${path}.namespaces`, rule);
};

type Part = 'user' | 'group' | 'serviceAccount';

const PART_OF_KIND: Readonly<Record<string, Part>> = {
  User: 'user',
  Group: 'group',
  ServiceAccount: 'serviceAccount',
};
const KIND_OF_PART: Readonly<Record<Part, string>> = {
  serviceAccount: 'ServiceAccount',
  user: 'User',
  group: 'Group',
};
const PARTS: readonly Part[] = ['serviceAccount', 'user', 'group'];

const checkPart = (errors: Errors, field: string, part: Part, subject: FlowcontrolV1Subject): void => {
  const value = subject[part];
  if (value === undefined) {
    errors.push(required(field, `${part} is required when subject kind is '${KIND_OF_PART[part]}'`));
    return;
  }
  const { name = '' } = value;
  const named = checkPresent(errors, `${field}.name`, name);
  if (part !== 'serviceAccount') return;
  if (named && name !== '*') checkSubdomain(errors, `${field}.name`, name);
  const { namespace = '' } = subject.serviceAccount ?? {};
  if (checkPresent(errors, `${field}.namespace`, namespace, 'must specify namespace for service account')) {
    checkLabelName(errors, `${field}.namespace`, namespace);
  }
};

const checkSubject = (errors: Errors, path: string, subject: FlowcontrolV1Subject): void => {
  const kind = subject.kind ?? '';
  const part = Object.hasOwn(PART_OF_KIND, kind) ? PART_OF_KIND[kind] : undefined;
  if (part === undefined) {
    errors.push(notSupported(`${path}.kind`, kind, SUBJECT_KINDS));
    return;
  }
  checkPart(errors, `${path}.${part}`, part, subject);
  for (const other of PARTS) {
    if (other === part || subject[other] === undefined) continue;
    const detail = `${other} is forbidden when subject kind is not '${KIND_OF_PART[other]}'`;
    errors.push(forbiddenField(`${path}.${other}`, detail));
  }
};

const checkRules = (errors: Errors, path: string, rule: PolicyRulesWithSubjects): void => {
  const subjects = rule.subjects ?? [];
  if (subjects.length === 0) {
    errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  }
  checkEach(errors, `${path}.subjects`, subjects, checkSubject);
  const { resourceRules, nonResourceRules } = rule;
  if ((resourceRules ?? []).length + (nonResourceRules ?? []).length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  checkEach(errors, `${path}.resourceRules`, resourceRules, checkResourceRule);
  checkEach(errors, `${path}.nonResourceRules`, nonResourceRules, checkPathRule);
};

const checkPrecedence = (errors: Errors, value: number, name: string): void => {
  const field = 'spec.matchingPrecedence';
  if (value <= 0) errors.push(invalidValue(field, value, 'must be a positive value'));
  if (value > MAX_PRECEDENCE) {
    errors.push(invalidValue(field, value, `must not be greater than ${MAX_PRECEDENCE}`));
  }
  if (value !== 1 || name === 'exempt') return;
  errors.push(invalidValue(field, value, "only the schema named 'exempt' may have matchingPrecedence 1"));
};

const checkSpec = (errors: Errors, spec: Partial<FlowSchemaSpec>, schema: string): void => {
  checkPrecedence(errors, spec.matchingPrecedence ?? 0, schema);
  const { distinguisherMethod } = spec;
  if (distinguisherMethod && !METHODS.includes(distinguisherMethod.type ?? '')) {
    const value = { Type: distinguisherMethod.type ?? '' };
    errors.push(notSupported('spec.distinguisherMethod.type', value, METHODS));
  }
  const field = 'spec.priorityLevelConfiguration.name';
  const name = spec.priorityLevelConfiguration?.name ?? '';
  if (checkPresent(errors, field, name, 'must reference a priority level'))
    checkSubdomain(errors, field, name);
  checkEach(errors, 'spec.rules', spec.rules, checkRules);
};

/** Errors of a changed status, also part of the rules of the whole. */
export const validateFlowSchemaStatus = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  checkEach(
    errors,
    'status.conditions',
    (object as FlowSchema).status?.conditions,
    (found, path, { type = '' }) => {
      if (types.has(type)) found.push(duplicate(`${path}.type`, type));
      types.add(type);
      checkPresent(found, `${path}.type`, type, 'must not be empty');
    },
  );
  return errors;
};

/** Errors of a flow schema, new or changed. */
export const validateFlowSchema = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { name = '' } = object.metadata;
  const spec = (object as FlowSchema).spec ?? {};
  checkSpec(errors, spec, name);
  const fixed = Object.hasOwn(mandatoryFlowSchemas, name) ? mandatoryFlowSchemas[name] : undefined;
  if (fixed !== undefined && !sameValue(fixed, spec)) {
    const value = internalForm('FlowSchemaSpec', spec);
    errors.push(invalidValue('spec', value, `spec of '${name}' must equal the fixed value`));
  }
  return [...errors, ...validateFlowSchemaStatus(object)];
};

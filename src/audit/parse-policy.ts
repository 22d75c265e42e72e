/**
 * An audit.k8s.io/v1 Policy from a file (apiserver pkg/audit/policy reader.go, pkg/apis/audit/validation, 1.36). What
 * upstream refuses at start is refused here, in its words.
 */

import { type GroupResources, LEVELS, type Policy, type PolicyRule, STAGES, type Stage } from './policy.ts';

/** A policy, or everything that is wrong with it. */
export type ParsedPolicy = { readonly policy: Policy } | { readonly problems: readonly string[] };

const API_VERSION = 'audit.k8s.io/v1';
/** More rules than anybody writes by hand: every request passes all of them. */
const MAX_RULES = 200;
/** The policy is one value among the cluster's settings. */
const MAX_BYTES = 64 * 1024;

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads fields of one object and collects what is wrong. */
class Fields {
  readonly #from: Json;
  readonly #path: string;
  readonly #problems: string[];

  constructor(from: Json, path: string, problems: string[], known: readonly string[]) {
    this.#from = from;
    this.#path = path;
    this.#problems = problems;
    for (const field of Object.keys(from)) {
      if (!known.includes(field)) problems.push(`unknown field "${this.at(field)}"`);
    }
  }

  at(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`;
  }

  refuse(field: string, problem: string): void {
    this.#problems.push(`${this.at(field)}: ${problem}`);
  }

  texts(field: string): readonly string[] | undefined {
    const value = this.#from[field] ?? undefined;
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.refuse(field, 'Invalid value: must be a list of strings');
    return undefined;
  }

  flag(field: string): boolean | undefined {
    const value = this.#from[field] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    this.refuse(field, 'Invalid value: must be a boolean');
    return undefined;
  }

  objects(field: string): readonly Json[] {
    const value = this.#from[field] ?? [];
    if (Array.isArray(value) && value.every(isJson)) return value;
    this.refuse(field, 'Invalid value: must be a list of objects');
    return [];
  }

  stages(field: string): readonly Stage[] | undefined {
    const given = this.texts(field);
    for (const [index, stage] of (given ?? []).entries()) {
      if ((STAGES as readonly string[]).includes(stage)) continue;
      this.refuse(
        `${field}[${index}]`,
        `Invalid value: ${JSON.stringify(stage)}: allowed stages are ${STAGES.join(',')}`,
      );
    }
    return given as readonly Stage[] | undefined;
  }
}

const withGiven = <Value extends object>(
  parts: Value,
): { [Field in keyof Value]: Exclude<Value[Field], undefined> } =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Field in keyof Value]: Exclude<Value[Field], undefined>;
  };

const RESOURCE_FIELDS = ['group', 'resources', 'resourceNames'];

const parseResources = (from: Json, path: string, problems: string[]): GroupResources => {
  const fields = new Fields(from, path, problems, RESOURCE_FIELDS);
  const group = typeof from['group'] === 'string' ? from['group'] : '';
  const resources = fields.texts('resources');
  const resourceNames = fields.texts('resourceNames');
  if (group.includes('/') || /[A-Z_]/.test(group)) {
    fields.refuse('group', `Invalid value: ${JSON.stringify(group)}: group must be a DNS-1123 subdomain`);
  }
  if ((resourceNames ?? []).length > 0 && (resources ?? []).length === 0) {
    fields.refuse('resourceNames', 'Invalid value: using resourceNames requires at least one resource');
  }
  return withGiven({ group, resources, resourceNames });
};

const RULE_FIELDS = [
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
];

const checkPaths = (fields: Fields, paths: readonly string[]): void => {
  for (const [index, path] of paths.entries()) {
    const field = `nonResourceURLs[${index}]`;
    if (path === '*') continue;
    const shown = `Invalid value: ${JSON.stringify(path)}`;
    if (!path.startsWith('/')) {
      fields.refuse(field, `${shown}: non-resource URL rules must begin with a '/' character`);
    }
    if (path.slice(0, -1).includes('*')) {
      fields.refuse(
        field,
        `${shown}: non-resource URL wildcards '*' must be the final character of the rule`,
      );
    }
  }
};

const parseRule = (from: Json, path: string, problems: string[]): PolicyRule => {
  const fields = new Fields(from, path, problems, RULE_FIELDS);
  const level = LEVELS.find((known) => known === from['level']);
  if (level === undefined) {
    if (from['level'] === undefined || from['level'] === '') fields.refuse('level', 'Required value');
    else {
      fields.refuse(
        'level',
        `Unsupported value: ${JSON.stringify(from['level'])}: supported values: "Metadata", "None", "Request", "RequestResponse"`,
      );
    }
  }
  const nonResourceURLs = fields.texts('nonResourceURLs');
  const namespaces = fields.texts('namespaces');
  const given = fields.objects('resources');
  const resources = given.map((item, index) => parseResources(item, `${path}.resources[${index}]`, problems));
  checkPaths(fields, nonResourceURLs ?? []);
  if ((nonResourceURLs ?? []).length > 0 && (resources.length > 0 || (namespaces ?? []).length > 0)) {
    fields.refuse(
      'nonResourceURLs',
      `Invalid value: rules cannot apply to both regular resources and non-resource URLs`,
    );
  }
  return withGiven({
    level: level ?? 'None',
    users: fields.texts('users'),
    userGroups: fields.texts('userGroups'),
    verbs: fields.texts('verbs'),
    resources: resources.length === 0 ? undefined : resources,
    namespaces,
    nonResourceURLs,
    omitStages: fields.stages('omitStages'),
    omitManagedFields: fields.flag('omitManagedFields'),
  }) as PolicyRule;
};

/** Reads a policy as `kube-apiserver --audit-policy-file` does. */
export const parsePolicy = (given: unknown): ParsedPolicy => {
  if (!isJson(given)) return { problems: ['a policy is an object'] };
  if (JSON.stringify(given).length > MAX_BYTES)
    return { problems: [`a policy has at most ${MAX_BYTES} bytes`] };
  const problems: string[] = [];
  if (given['apiVersion'] !== API_VERSION) problems.push(`apiVersion must be ${API_VERSION}`);
  if (given['kind'] !== 'Policy') problems.push('kind must be Policy');
  const known = ['apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields'];
  const fields = new Fields(given, '', problems, known);
  const rules = fields
    .objects('rules')
    .slice(0, MAX_RULES + 1)
    .map((rule, index) => parseRule(rule, `rules[${index}]`, problems));
  if (rules.length === 0) problems.push('loaded illegal policy with 0 rules');
  if (rules.length > MAX_RULES) problems.push(`rules: Too many: must have at most ${MAX_RULES} items`);
  const policy = withGiven({
    rules,
    omitStages: fields.stages('omitStages'),
    omitManagedFields: fields.flag('omitManagedFields'),
  }) as Policy;
  return problems.length === 0 ? { policy } : { problems };
};

/** A policy as the object it is read from. */
export const printPolicy = (policy: Policy): Json => ({
  apiVersion: API_VERSION,
  kind: 'Policy',
  ...policy,
});

/** What expressions of admission policies and webhooks may see (apiserver pkg/admission/plugin/cel). */

import { type CelEnvironment, type Compiled, compileCel, functionsWith } from './cel.ts';
import { fromCel, toCel } from './convert.ts';
import type { Construct } from './evaluate.ts';
import { patchFunctions, policyFunctions } from './functions/policy.ts';
import {
  BOOL,
  type CelType,
  DYN,
  listOf,
  mapOf,
  type ObjectType,
  opaque,
  printType,
  STRING,
} from './types.ts';
import { CelMap, CelObject, type CelValue } from './values.ts';

/** Where an expression stands. */
export type PolicyUse =
  | 'match-condition'
  | 'variable'
  | 'validation'
  | 'message'
  | 'audit-annotation'
  | 'apply-configuration'
  | 'json-patch';

/** What the expressions of one policy share. */
export interface PolicyScope {
  readonly hasParams: boolean;
  /** Types of the variables declared before; `undefined` when the policy declares none at all. */
  readonly variables: ReadonlyMap<string, CelType> | undefined;
  /** Types of `object` and `params` where they are known (type checking). */
  readonly objectType?: CelType;
  readonly paramsType?: CelType;
}

const object = (name: string, fields: Readonly<Record<string, CelType>>): ObjectType => ({
  of: 'object',
  name,
  field: (field) => {
    const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
    return type === undefined ? undefined : { type, jsonName: field };
  },
});

const kindType = object('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const resourceType = object('kubernetes.GroupVersionResource', {
  group: STRING,
  version: STRING,
  resource: STRING,
});
const userType = object('kubernetes.UserInfo', {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});

const requestType = object('kubernetes.AdmissionRequest', {
  kind: kindType,
  resource: resourceType,
  subResource: STRING,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: userType,
  dryRun: BOOL,
  options: DYN,
});

const namespaceType = object('kubernetes.Namespace', {
  metadata: object('kubernetes.NamespaceMetadata', {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    UID: STRING,
    creationTimestamp: { of: 'timestamp' },
    deletionGracePeriodSeconds: { of: 'int' },
    deletionTimestamp: { of: 'timestamp' },
    generation: { of: 'int' },
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: object('kubernetes.NamespaceSpec', { finalizers: listOf(STRING) }),
  status: object('kubernetes.NamespaceStatus', { phase: STRING }),
});

/** The value of `request`. */
export const requestValue = (request: Readonly<Record<string, unknown>>): CelValue =>
  toCel(request, requestType);

/** The value of `namespaceObject`. */
export const namespaceValue = (namespace: unknown): CelValue => toCel(namespace ?? null, namespaceType);

/** The type of `variables`, whose fields are read one by one. */
export const variablesType = (types: ReadonlyMap<string, CelType>): ObjectType => ({
  of: 'object',
  name: 'kubernetes.variables',
  field: (name) => {
    const type = types.get(name);
    return type === undefined ? undefined : { type, jsonName: name };
  },
});

/** `variables` as a value: each is evaluated when it is first read. */
export class LazyVariables extends CelObject {
  readonly #read: (name: string) => CelValue | undefined;

  constructor(types: ReadonlyMap<string, CelType>, read: (name: string) => CelValue | undefined) {
    super({}, variablesType(types), toCel);
    this.#read = read;
  }

  override get(name: string): CelValue | undefined {
    return this.#read(name);
  }
}

const FUNCTIONS = functionsWith(policyFunctions);
const PATCH_FUNCTIONS = functionsWith([...policyFunctions, ...patchFunctions]);

/** Objects that mutations construct: any field, checked when they are merged. */
const constructed = (name: string): ObjectType => ({
  of: 'object',
  name,
  field: (field) => ({ type: DYN, jsonName: field }),
});

const PATCH = object('JSONPatch', { op: STRING, path: STRING, from: STRING, value: DYN });

const constructs = (name: string): CelType | undefined => {
  if (name === 'JSONPatch') return PATCH;
  return name === 'Object' || name.startsWith('Object.') ? constructed(name) : undefined;
};

/** An object a mutation constructed; it remembers the values its fields were given. */
export class ConstructedObject extends CelObject {
  readonly members: ReadonlyMap<string, CelValue>;

  constructor(type: ObjectType, members: ReadonlyMap<string, CelValue>) {
    super(Object.fromEntries([...members].map(([name, value]) => [name, fromCel(value)])), type, toCel);
    this.members = members;
  }
}

/** Makes the objects mutations construct. */
export const constructObject: Construct = (name, fields) =>
  new ConstructedObject((constructs(name) ?? constructed(name)) as ObjectType, new Map(fields));

const misnamed = (value: CelValue | undefined, path: string): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item: CelValue) => misnamed(item, path));
  if (value instanceof CelMap)
    return [...value.entries()].flatMap(([, inner]: readonly [CelValue, CelValue]) => misnamed(inner, path));
  if (!(value instanceof ConstructedObject)) return [];
  const { name } = value.type;
  const problem = `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
  const inner = [...value.members].flatMap(([field, member]) => misnamed(member, `${path}.${field}`));
  return name === path ? inner : [problem, ...inner];
};

/** What is wrong with the names of the types in a constructed object: each must be the path of its field. */
export const misnamedTypes = (value: CelValue | undefined): readonly string[] =>
  value instanceof ConstructedObject ? misnamed(value, value.type.name) : [];

const environmentOf = (use: PolicyUse, scope: PolicyScope): CelEnvironment => {
  const mutates = use === 'apply-configuration' || use === 'json-patch' || use === 'variable';
  const variables = new Map<string, CelType>([
    ['object', scope.objectType ?? DYN],
    ['oldObject', scope.objectType ?? DYN],
    ['request', requestType],
    ['namespaceObject', namespaceType],
  ]);
  if (scope.hasParams) variables.set('params', scope.paramsType ?? DYN);
  if (use !== 'message') {
    variables.set('authorizer', opaque('kubernetes.authorization.Authorizer'));
    variables.set('authorizer.requestResource', opaque('kubernetes.authorization.ResourceCheck'));
  }
  if (scope.variables !== undefined && use !== 'match-condition')
    variables.set('variables', variablesType(scope.variables));
  return {
    variables,
    functions: use === 'json-patch' ? PATCH_FUNCTIONS : FUNCTIONS,
    ...(mutates ? { constructs } : {}),
  };
};

/** Result types by use, as messages name them. */
const RESULTS: Readonly<Record<PolicyUse, readonly string[]>> = {
  'match-condition': ['bool'],
  variable: [],
  validation: ['bool'],
  message: ['string'],
  'audit-annotation': ['string', 'null_type'],
  'apply-configuration': ['Object'],
  'json-patch': ['list(JSONPatch)'],
};

/** Upstream wants the very type: what may be anything is refused, too. */
const fits = (type: CelType, use: PolicyUse): boolean => {
  switch (use) {
    case 'variable':
      return true;
    case 'match-condition':
    case 'validation':
      return type.of === 'bool';
    case 'message':
      return type.of === 'string';
    case 'audit-annotation':
      return type.of === 'string' || type.of === 'null';
    case 'apply-configuration':
      return type.of === 'object' && type.name === 'Object';
    case 'json-patch':
      return printType(type) === 'list(JSONPatch)';
    default:
      return use satisfies never;
  }
};

/** Compiles an expression of a policy; the error is what upstream's validation says. */
export const compilePolicyExpression = (source: string, use: PolicyUse, scope: PolicyScope): Compiled => {
  const made = compileCel(source, environmentOf(use, scope));
  if (!made.ok) return { ok: false, error: `compilation failed: ${made.error}` };
  if (fits(made.program.type, use)) return made;
  const wanted = RESULTS[use];
  const list = wanted.length === 1 ? (wanted[0] ?? '') : `one of [${wanted.join(' ')}]`;
  return { ok: false, error: `must evaluate to ${list} but got ${printType(made.program.type)}` };
};

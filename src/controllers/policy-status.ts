/**
 * Checks the expressions of ValidatingAdmissionPolicies against the types they judge and says in the status what it
 * found (pkg/controller/validatingadmissionpolicystatus and apiserver policy/validating/typechecking.go, 1.36).
 */

import { builtinKinds } from '../kinds/catalog.ts';
import type { Lookup } from '../kinds/define.ts';
import type { ValidatingAdmissionPolicy } from '../kinds/generated/types.ts';
import { compilePolicyExpression, type PolicyScope, type PolicyUse } from '../machinery/cel/policy.ts';
import { celTypeOfSchema } from '../machinery/cel/schema-type.ts';
import { type CelType, DYN } from '../machinery/cel/types.ts';
import { celTypeOf } from '../machinery/structural/cel-types.ts';
import type { Props } from '../machinery/structural/props.ts';
import { type Context, type Controller, type Outcome, watch } from './contract.ts';

type Spec = NonNullable<ValidatingAdmissionPolicy['spec']>;

/** A type to check against, with the name messages give it. */
interface Checked {
  readonly label: string;
  readonly type: CelType;
}

/** More types than this are not checked. */
const MAX_TYPES = 10;

const label = (group: string, version: string, kind: string): string =>
  group === '' ? `${version}, Kind=${kind}` : `${group}/${version}, Kind=${kind}`;

const builtinTypes = (group: string, version: string, resource: string): readonly Checked[] =>
  builtinKinds
    .filter((kind) => kind.resource === resource)
    .flatMap((kind) =>
      kind.served
        .filter((served) => served.group === group && served.version === version)
        .map((served) => ({
          label: label(group, version, kind.kind),
          type: celTypeOfSchema(served.schema),
        })),
    );

const customTypes = (
  lookup: Lookup,
  group: string,
  version: string,
  resource: string,
): readonly Checked[] => {
  const crd = lookup.get('customresourcedefinitions.apiextensions.k8s.io', '', `${resource}.${group}`);
  const found = crd?.spec.versions.find((each) => each.name === version && each.served);
  const props = found?.schema?.openAPIV3Schema as Props | undefined;
  const type = props && celTypeOf(props, true);
  return crd === undefined || type === undefined
    ? []
    : [{ label: label(group, version, crd.spec.names.kind), type }];
};

/** The types a policy names one by one; rules with stars name none. */
const typesOf = (lookup: Lookup, spec: Spec): readonly Checked[] => {
  const types = new Map<string, Checked>();
  for (const rule of spec.matchConstraints?.resourceRules ?? []) {
    const { apiGroups = [], apiVersions = [], resources = [] } = rule;
    if ([...apiGroups, ...apiVersions].includes('*')) continue;
    for (const group of apiGroups) {
      for (const version of apiVersions) {
        for (const resource of resources) {
          if (resource.includes('*') || resource.includes('/')) continue;
          const found = builtinTypes(group, version, resource);
          const all = found.length > 0 ? found : customTypes(lookup, group, version, resource);
          for (const each of all) types.set(each.label, each);
        }
      }
    }
  }
  return [...types.values()].sort((a, b) => (a.label < b.label ? -1 : 1)).slice(0, MAX_TYPES);
};

/** What is wrong with an expression for each of the types, a paragraph a type. */
const problems = (expression: string, use: PolicyUse, spec: Spec, types: readonly Checked[]): string =>
  types
    .flatMap(({ label: name, type }) => {
      const variables = new Map<string, CelType>();
      const scope: PolicyScope = {
        hasParams: spec.paramKind !== undefined,
        variables: (spec.variables?.length ?? 0) > 0 ? variables : undefined,
        objectType: type,
      };
      for (const variable of spec.variables ?? []) {
        const made = compilePolicyExpression(variable.expression, 'variable', {
          ...scope,
          variables: new Map(variables),
        });
        variables.set(variable.name, made.ok ? made.program.type : DYN);
      }
      const made = compilePolicyExpression(expression.trim(), use, scope);
      return made.ok ? [] : [`${name}: ${made.error.replace(/^compilation failed: /, '')}`];
    })
    .join('\n');

const warningsOf = (lookup: Lookup, spec: Spec) => {
  const types = typesOf(lookup, spec);
  if (types.length === 0) return [];
  return (spec.validations ?? []).flatMap((validation, index) => {
    const field = `spec.validations[${index}]`;
    const checked: readonly (readonly [string, string | undefined, PolicyUse])[] = [
      [`${field}.expression`, validation.expression, 'validation'],
      [`${field}.messageExpression`, validation.messageExpression, 'message'],
    ];
    return checked.flatMap(([fieldRef, expression, use]) => {
      const warning = expression ? problems(expression, use, spec, types) : '';
      return warning === '' ? [] : [{ fieldRef, warning }];
    });
  });
};

const reconcile = (context: Context, name: string): Outcome => {
  const policy = context.lookup.get('validatingadmissionpolicies.admissionregistration.k8s.io', '', name);
  const generation = policy?.metadata.generation ?? 0;
  if (policy?.spec === undefined || (policy.status?.observedGeneration ?? 0) >= generation) return undefined;
  const expressionWarnings = warningsOf(context.lookup, policy.spec);
  context.client.updateStatus(
    'validatingadmissionpolicies.admissionregistration.k8s.io',
    '',
    name,
    (current) => ({
      ...current,
      status: {
        ...current.status,
        observedGeneration: generation,
        typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings },
      },
    }),
  );
  return undefined;
};

/** Keeps the type-checking status of policies. */
export const policyStatusController: Controller = {
  name: 'validatingadmissionpolicy-status-controller',
  watches: [
    watch('validatingadmissionpolicies.admissionregistration.k8s.io', ({ op, object }) =>
      op === 'delete' ? [] : [object.metadata.name ?? ''],
    ),
  ],
  reconcile,
};

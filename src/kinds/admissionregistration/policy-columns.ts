/** Cell texts of policies and their bindings (upstream: printValidatingAdmissionPolicy and its kin, 1.36). */

import type { LabelSelectorObject } from '../../machinery/selector.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { Column } from '../define.ts';
import type { ValidatingAdmissionPolicyBinding } from '../generated/types.ts';

interface ParamKindLike {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/** The kind of a policy's parameters. */
export const printParamKind = (kind: ParamKindLike | undefined): string =>
  kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : '<unset>';

/** A selector the way Go prints the struct: upstream's column shows exactly that. */
const printStruct = (selector: LabelSelectorObject): string => {
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  const requirements = `[]LabelSelectorRequirement{${expressions.join('')}}`;
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:${requirements},}`;
};

const printParam = ({ spec }: ValidatingAdmissionPolicyBinding): string => {
  const reference = spec?.paramRef;
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`;
  return reference?.selector ? printStruct(reference.selector) : '<unset>';
};

/** Columns of a binding of either kind of policy. */
export const policyBindingColumns: readonly Column[] = [
  nameColumn,
  column<ValidatingAdmissionPolicyBinding>('PolicyName', 'string', (object) => object.spec?.policyName ?? ''),
  column<ValidatingAdmissionPolicyBinding>('ParamRef', 'string', printParam),
  ageColumn,
];

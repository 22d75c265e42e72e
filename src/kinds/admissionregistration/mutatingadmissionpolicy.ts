import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { MutatingAdmissionPolicy } from '../generated/types.ts';
import {
  validateMutatingPolicy,
  validateMutatingPolicyUpdate,
} from './mutatingadmissionpolicy-validation.ts';
import { printParamKind } from './policy-columns.ts';
import { defaultPolicy } from './rules-defaults.ts';

export const mutatingAdmissionPolicy = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  storedAs: { group: 'admissionregistration.k8s.io', version: 'v1beta1' },
  unconditionalUpdate: false,
  generationFields: ['spec'],
  defaults: defaultPolicy,
  validate: validateMutatingPolicy,
  validateUpdate: validateMutatingPolicyUpdate,
  columns: [
    nameColumn,
    column<MutatingAdmissionPolicy>('Mutations', 'integer', (object) => object.spec?.mutations?.length ?? 0),
    column<MutatingAdmissionPolicy>('ParamKind', 'string', (object) =>
      printParamKind(object.spec?.paramKind),
    ),
    ageColumn,
  ],
});

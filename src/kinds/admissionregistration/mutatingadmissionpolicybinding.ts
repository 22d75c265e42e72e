import { builtin } from '../common/builtin.ts';
import { validateMutatingBinding } from './mutatingadmissionpolicy-validation.ts';
import { policyBindingColumns } from './policy-columns.ts';
import { defaultPolicyBinding } from './rules-defaults.ts';

export const mutatingAdmissionPolicyBinding = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  storedAs: { group: 'admissionregistration.k8s.io', version: 'v1beta1' },
  unconditionalUpdate: false,
  generationFields: ['spec'],
  defaults: defaultPolicyBinding,
  validate: validateMutatingBinding,
  validateUpdate: validateMutatingBinding,
  columns: policyBindingColumns,
});

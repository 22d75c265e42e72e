import { builtin } from '../common/builtin.ts';
import { policyBindingColumns } from './policy-columns.ts';
import { defaultPolicyBinding } from './rules-defaults.ts';
import { validateValidatingBinding } from './validatingadmissionpolicy-validation.ts';

export const validatingAdmissionPolicyBinding = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  unconditionalUpdate: false,
  generationFields: ['spec'],
  defaults: defaultPolicyBinding,
  validate: validateValidatingBinding,
  validateUpdate: validateValidatingBinding,
  columns: policyBindingColumns,
});

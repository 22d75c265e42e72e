import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { withStatus } from '../common/strategy.ts';
import type { ValidatingAdmissionPolicy } from '../generated/types.ts';
import { printParamKind } from './policy-columns.ts';
import { defaultPolicy } from './rules-defaults.ts';
import {
  validateValidatingPolicy,
  validateValidatingPolicyStatus,
  validateValidatingPolicyUpdate,
} from './validatingadmissionpolicy-validation.ts';

export const validatingAdmissionPolicy = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  unconditionalUpdate: false,
  generationFields: ['spec'],
  defaults: defaultPolicy,
  ...withStatus({ metadata: 'all' }),
  validate: validateValidatingPolicy,
  validateUpdate: validateValidatingPolicyUpdate,
  validateStatusUpdate: validateValidatingPolicyStatus,
  columns: [
    nameColumn,
    column<ValidatingAdmissionPolicy>(
      'Validations',
      'integer',
      (object) => object.spec?.validations?.length ?? 0,
    ),
    column<ValidatingAdmissionPolicy>('ParamKind', 'string', (object) =>
      printParamKind(object.spec?.paramKind),
    ),
    ageColumn,
  ],
});

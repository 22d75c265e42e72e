import { builtin } from '../common/builtin.ts';
import { ageColumn, nameColumn } from '../common/columns.ts';
import { descend } from '../common/draft.ts';
import { defaultDeviceClaim } from './device-defaults.ts';
import {
  validateResourceClaimTemplate,
  validateResourceClaimTemplateUpdate,
} from './resourceclaim-validation.ts';

export const resourceClaimTemplate = builtin({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  namespaced: true,
  defaults: (draft) => defaultDeviceClaim(descend(draft, 'spec', 'spec')),
  validate: validateResourceClaimTemplate,
  validateUpdate: validateResourceClaimTemplateUpdate,
  columns: [nameColumn, ageColumn],
});

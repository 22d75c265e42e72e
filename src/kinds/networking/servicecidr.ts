import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { withStatus } from '../common/strategy.ts';
import type { ServiceCIDR } from '../generated/types.ts';
import { validateServiceCidr, validateServiceCidrUpdate } from './servicecidr-validation.ts';

export const serviceCidr = builtin({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  namespaced: false,
  ...withStatus(),
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
  columns: [
    nameColumn,
    column<ServiceCIDR>('CIDRs', 'string', (object) => (object.spec?.cidrs ?? []).join(',')),
    ageColumn,
  ],
});

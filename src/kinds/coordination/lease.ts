import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { Lease } from '../generated/types.ts';
import { projectRenewal } from './lease-renewal.ts';
import { validateLease } from './lease-validation.ts';

export const lease = builtin({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
  createOnUpdate: true,
  unconditionalUpdate: false,
  project: projectRenewal,
  validate: validateLease,
  validateUpdate: validateLease,
  columns: [
    nameColumn,
    column<Lease>('Holder', 'string', (object) => object.spec?.holderIdentity ?? ''),
    ageColumn,
  ],
});

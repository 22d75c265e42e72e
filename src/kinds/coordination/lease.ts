import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child, isAbsent } from '../common/draft.ts';
import type { Lease } from '../generated/types.ts';
import { projectRenewal } from './lease-renewal.ts';
import { validateLease } from './lease-validation.ts';

/** Fields of coordinated leader election, which is behind a feature gate that is off by default. */
const GATED = ['strategy', 'preferredHolder'];

/** New values of gated fields are dropped; what a lease has, it keeps. */
const dropGated = (draft: Draft, old?: KubeObject): void => {
  const spec = child(draft, 'spec');
  const before = child((old ?? {}) as Draft, 'spec');
  for (const field of GATED) if (spec && isAbsent(before ?? {}, field)) delete spec[field];
};

export const lease = builtin({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
  createOnUpdate: true,
  unconditionalUpdate: false,
  project: projectRenewal,
  prepareForCreate: (draft) => dropGated(draft),
  prepareForUpdate: dropGated,
  validate: validateLease,
  validateUpdate: validateLease,
  columns: [
    nameColumn,
    column<Lease>('Holder', 'string', (object) => object.spec?.holderIdentity ?? ''),
    ageColumn,
  ],
});

import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { ResourceV1ResourceClaim } from '../generated/types.ts';
import { defaultDeviceClaim } from './device-defaults.ts';
import {
  validateResourceClaim,
  validateResourceClaimStatus,
  validateResourceClaimUpdate,
} from './resourceclaim-validation.ts';

const printState = ({ metadata, status }: ResourceV1ResourceClaim): string => {
  const words = metadata.deletionTimestamp ? ['deleted'] : [];
  if (status?.allocation === undefined) {
    if (!metadata.deletionTimestamp) words.push('pending');
    return words.join(',');
  }
  words.push('allocated');
  if ((status.reservedFor?.length ?? 0) > 0) words.push('reserved');
  return words.join(',');
};

export const resourceClaim = builtin({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  namespaced: true,
  defaults: (draft) => defaultDeviceClaim(child(draft, 'spec')),
  ...withStatus(),
  validate: validateResourceClaim,
  validateUpdate: validateResourceClaimUpdate,
  validateStatusUpdate: validateResourceClaimStatus,
  columns: [nameColumn, column<ResourceV1ResourceClaim>('State', 'string', printState), ageColumn],
});

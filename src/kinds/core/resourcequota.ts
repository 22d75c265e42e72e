import { printQuantity, quantityOf } from '../../machinery/quantity.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import { withStatus } from '../common/strategy.ts';
import type { ResourceQuota } from '../generated/types.ts';
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from './resourcequota-validation.ts';

const printUse = (object: ResourceQuota, limits: boolean): string => {
  const { hard = {}, used = {} } = object.status ?? {};
  return Object.keys(hard)
    .filter((resource) => /^limits\./.test(resource) === limits)
    .sort()
    .map((resource) => `${resource}: ${print(used[resource])}/${print(hard[resource])}`)
    .join(', ');
};

const print = (value: unknown): string => printQuantity(quantityOf(value));

export const resourceQuota = builtin({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  namespaced: true,
  shortNames: ['quota'],
  defaults: (draft) => {
    roundLists(child(draft, 'spec'), 'hard');
    roundLists(child(draft, 'status'), 'hard', 'used');
  },
  ...withStatus(),
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatus,
  columns: [
    nameColumn,
    column<ResourceQuota>('Request', 'string', (object) => printUse(object, false)),
    column<ResourceQuota>('Limit', 'string', (object) => printUse(object, true)),
    ageColumn,
  ],
});

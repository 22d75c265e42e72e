import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import {
  validateCsiStorageCapacity,
  validateCsiStorageCapacityUpdate,
} from './csistoragecapacity-validation.ts';

export const csiStorageCapacity = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  namespaced: true,
  unconditionalUpdate: false,
  validate: validateCsiStorageCapacity,
  validateUpdate: validateCsiStorageCapacityUpdate,
  columns: plainColumns,
});

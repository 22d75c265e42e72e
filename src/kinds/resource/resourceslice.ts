import type { KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { ResourceSlice } from '../generated/types.ts';
import { validateResourceSlice, validateResourceSliceUpdate } from './resourceslice-validation.ts';

const driverWarnings = (object: KubeObject): string[] => {
  const { driver } = (object as ResourceSlice).spec;
  if (driver === driver.toLowerCase()) return [];
  return [`spec.driver: driver names should be lowercase; "${driver}" contains uppercase characters`];
};

export const resourceSlice = builtin({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  namespaced: false,
  generationFields: ['spec'],
  fieldLabels: { namespace: false },
  selectableFields: {
    'spec.nodeName': (object) => (object as ResourceSlice).spec.nodeName ?? '',
    'spec.driver': (object) => (object as ResourceSlice).spec.driver,
  },
  warnings: driverWarnings,
  validate: validateResourceSlice,
  validateUpdate: validateResourceSliceUpdate,
  columns: [
    nameColumn,
    column<ResourceSlice>('Node', 'string', (object) => object.spec.nodeName ?? ''),
    column<ResourceSlice>('Driver', 'string', (object) => object.spec.driver),
    column<ResourceSlice>('Pool', 'string', (object) => object.spec.pool.name),
    ageColumn,
  ],
});

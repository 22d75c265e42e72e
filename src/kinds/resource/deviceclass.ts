import { builtin } from '../common/builtin.ts';
import { ageColumn, nameColumn } from '../common/columns.ts';
import { validateDeviceClass, validateDeviceClassUpdate } from './deviceclass-validation.ts';

export const deviceClass = builtin({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  namespaced: false,
  generationFields: ['spec'],
  validate: validateDeviceClass,
  validateUpdate: validateDeviceClassUpdate,
  columns: [nameColumn, ageColumn],
});

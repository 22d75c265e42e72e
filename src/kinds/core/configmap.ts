import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { sizeOf } from '../common/draft.ts';
import type { ConfigMap } from '../generated/types.ts';
import { validateConfigMap, validateConfigMapUpdate } from './configmap-validation.ts';

export const configMap = builtin({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  shortNames: ['cm'],
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  columns: [
    nameColumn,
    column<ConfigMap>('Data', 'string', (object) => sizeOf(object.data) + sizeOf(object.binaryData)),
    ageColumn,
  ],
});

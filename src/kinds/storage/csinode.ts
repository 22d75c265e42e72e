import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { CSINode } from '../generated/types.ts';
import { validateCsiNode, validateCsiNodeUpdate } from './csinode-validation.ts';

export const csiNode = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  namespaced: false,
  unconditionalUpdate: false,
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  columns: [
    nameColumn,
    column<CSINode>('Drivers', 'integer', (object) => object.spec?.drivers?.length ?? 0),
    ageColumn,
  ],
});

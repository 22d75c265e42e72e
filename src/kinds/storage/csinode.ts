import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { CSINode } from '../generated/types.ts';

export const csiNode = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  namespaced: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    column<CSINode>('Drivers', 'integer', (object) => object.spec?.drivers?.length ?? 0),
    ageColumn,
  ],
});

import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { setZero, sizeOf } from '../common/draft.ts';
import type { Secret } from '../generated/types.ts';

export const secret = builtin({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  namespaced: true,
  defaults: (draft) => setZero(draft, 'type', 'Opaque'),
  fieldLabels: { namespace: true },
  selectableFields: { type: (object) => (object as Secret).type ?? '' },
  columns: [
    nameColumn,
    column<Secret>('Type', 'string', (object) => object.type ?? ''),
    column<Secret>('Data', 'string', (object) => sizeOf(object.data)),
    ageColumn,
  ],
});

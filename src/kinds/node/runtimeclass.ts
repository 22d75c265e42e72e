import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { RuntimeClass } from '../generated/types.ts';

export const runtimeClass = builtin({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  namespaced: false,
  unconditionalUpdate: false,
  columns: [nameColumn, column<RuntimeClass>('Handler', 'string', (object) => object.handler), ageColumn],
});

import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import type { RuntimeClass } from '../generated/types.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from './runtimeclass-validation.ts';

export const runtimeClass = builtin({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  namespaced: false,
  unconditionalUpdate: false,
  defaults: (draft) => roundLists(child(draft, 'overhead'), 'podFixed'),
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  columns: [nameColumn, column<RuntimeClass>('Handler', 'string', (object) => object.handler), ageColumn],
});

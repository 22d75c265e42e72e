import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { setAbsent } from '../common/draft.ts';
import type { PriorityClass } from '../generated/types.ts';
import { validatePriorityClass, validatePriorityClassUpdate } from './priorityclass-validation.ts';

export const priorityClass = builtin({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  // The value is immutable, so the generation stays 1: upstream sets it on create and never again.
  generationFields: ['value'],
  defaults: (draft) => setAbsent(draft, 'preemptionPolicy', 'PreemptLowerPriority'),
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  columns: [
    nameColumn,
    column<PriorityClass>('Value', 'integer', (object) => object.value ?? 0),
    column<PriorityClass>('Global-Default', 'boolean', (object) => object.globalDefault ?? false),
    ageColumn,
    column<PriorityClass>('PreemptionPolicy', 'string', (object) => object.preemptionPolicy ?? ''),
  ],
});

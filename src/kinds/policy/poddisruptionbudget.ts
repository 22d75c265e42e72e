import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { withStatus } from '../common/strategy.ts';
import type { PodDisruptionBudget } from '../generated/types.ts';
import {
  validateDisruptionBudget,
  validateDisruptionBudgetStatus,
} from './poddisruptionbudget-validation.ts';

const print = (value: number | string | undefined): string => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudget = builtin({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  namespaced: true,
  shortNames: ['pdb'],
  generationFields: ['spec'],
  unconditionalUpdate: false,
  // Upstream has no rule of its own for these names.
  nameRule: 'path-segment',
  ...withStatus(),
  validate: validateDisruptionBudget,
  validateUpdate: validateDisruptionBudget,
  validateStatusUpdate: validateDisruptionBudgetStatus,
  columns: [
    nameColumn,
    column<PodDisruptionBudget>('Min Available', 'string', (object) => print(object.spec?.minAvailable)),
    column<PodDisruptionBudget>('Max Unavailable', 'string', (object) => print(object.spec?.maxUnavailable)),
    column<PodDisruptionBudget>(
      'Allowed Disruptions',
      'integer',
      (object) => object.status?.disruptionsAllowed ?? 0,
    ),
    ageColumn,
  ],
});

import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { ensure, setZero } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { FlowSchema } from '../generated/types.ts';
import { validateFlowSchema, validateFlowSchemaStatus } from './flowschema-validation.ts';

export const flowSchema = builtin({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  namespaced: false,
  generationFields: ['spec'],
  defaults: (draft) => setZero(ensure(draft, 'spec'), 'matchingPrecedence', 1000),
  ...withStatus({ metadata: 'all' }),
  validate: validateFlowSchema,
  validateUpdate: validateFlowSchema,
  validateStatusUpdate: validateFlowSchemaStatus,
  columns: [
    nameColumn,
    column<FlowSchema>(
      'PriorityLevel',
      'string',
      (object) => object.spec?.priorityLevelConfiguration?.name ?? '',
    ),
    column<FlowSchema>('MatchingPrecedence', 'string', (object) => object.spec?.matchingPrecedence ?? 0),
    column<FlowSchema>(
      'DistinguisherMethod',
      'string',
      (object) => object.spec?.distinguisherMethod?.type ?? '<none>',
    ),
    ageColumn,
    column<FlowSchema>(
      'MissingPL',
      'string',
      (object) =>
        object.status?.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?',
    ),
  ],
});

import type { KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { ensure, setZero } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { FlowSchema } from '../generated/types.ts';
import { validateFlowSchema, validateFlowSchemaStatus } from './flowschema-validation.ts';

const precedenceOf = (object: KubeObject): number => (object as FlowSchema).spec?.matchingPrecedence ?? 0;

/** Tables show schemas in the order in which they are tried; a list comes in name order, which settles ties. */
const byPrecedence = (left: KubeObject, right: KubeObject): number =>
  precedenceOf(left) - precedenceOf(right);

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
  rowOrder: byPrecedence,
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

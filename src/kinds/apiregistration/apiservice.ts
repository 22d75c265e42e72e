import type { Draft } from '../../machinery/object.ts';
import { printTime } from '../../machinery/time.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child, descend, isAbsent, setAbsent } from '../common/draft.ts';
import { keepMetadata, withStatus } from '../common/strategy.ts';
import type { StrategyContext } from '../define.ts';
import type { APIService } from '../generated/types.ts';
import { validateApiService, validateApiServiceStatus } from './apiservice-validation.ts';

/** A group version that this server serves itself is available at once. */
const markLocal = (draft: Draft, context: StrategyContext): void => {
  const spec = child(draft, 'spec');
  if (spec && !isAbsent(spec, 'service')) return;
  draft['status'] = {
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: printTime(context.now),
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ],
  };
};

const printService = ({ spec }: APIService): string =>
  spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local';

const printAvailable = ({ status }: APIService): string => {
  const condition = status?.conditions?.find((candidate) => candidate.type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
};

export const apiService = builtin({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  namespaced: false,
  categories: ['api-extensions'],
  unconditionalUpdate: false,
  nameRule: 'path-segment',
  defaults: (draft) => {
    const service = descend(draft, 'spec', 'service');
    if (service) setAbsent(service, 'port', 443);
  },
  ...withStatus({
    create: markLocal,
    status: (draft, old) =>
      keepMetadata(draft, old, ['labels', 'annotations', 'finalizers', 'ownerReferences']),
  }),
  validate: validateApiService,
  validateUpdate: validateApiService,
  validateStatusUpdate: validateApiServiceStatus,
  columns: [
    nameColumn,
    column<APIService>('Service', 'string', printService),
    column<APIService>('Available', 'string', printAvailable),
    ageColumn,
  ],
});

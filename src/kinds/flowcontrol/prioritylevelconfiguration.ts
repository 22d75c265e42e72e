import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child, descend, ensure, setAbsents, setZeros } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { PriorityLevelConfiguration, QueuingConfiguration } from '../generated/types.ts';
import {
  validatePriorityLevel,
  validatePriorityLevelStatus,
} from './prioritylevelconfiguration-validation.ts';

const NONE = '<none>';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const limited = child(spec, 'limited');
  if (limited) setAbsents(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
  const exempt = child(spec, 'exempt');
  if (exempt) setAbsents(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 });
  const queuing = descend(limited, 'limitResponse', 'queuing');
  if (queuing) setZeros(queuing, { handSize: 8, queues: 64, queueLengthLimit: 50 });
};

const queue = (name: string, field: keyof QueuingConfiguration) =>
  column<PriorityLevelConfiguration>(name, 'string', ({ spec }) => {
    const queuing = spec?.limited?.limitResponse?.queuing;
    return queuing ? (queuing[field] ?? 0) : NONE;
  });

export const priorityLevelConfiguration = builtin({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  namespaced: false,
  generationFields: ['spec'],
  defaults,
  ...withStatus({ metadata: 'all' }),
  validate: validatePriorityLevel,
  validateUpdate: validatePriorityLevel,
  validateStatusUpdate: validatePriorityLevelStatus,
  columns: [
    nameColumn,
    column<PriorityLevelConfiguration>('Type', 'string', (object) => object.spec?.type ?? ''),
    column<PriorityLevelConfiguration>('NominalConcurrencyShares', 'string', ({ spec }) =>
      spec?.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : NONE,
    ),
    queue('Queues', 'queues'),
    queue('HandSize', 'handSize'),
    queue('QueueLengthLimit', 'queueLengthLimit'),
    ageColumn,
  ],
});

import type { Draft } from '../../machinery/object.ts';
import { validateReplicaStatus } from '../apps/replicaset-validation.ts';
import { builtin } from '../common/builtin.ts';
import {
  ageColumn,
  column,
  nameColumn,
  printLabels,
  templateColumns,
  wideColumn,
} from '../common/columns.ts';
import { descend, ensure, setAbsent, sizeOf } from '../common/draft.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import type { ReplicationController } from '../generated/types.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { workloadWarnings } from './pod-warnings.ts';
import { validateReplicationController } from './replicationcontroller-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const labels = descend(spec, 'template', 'metadata', 'labels');
  if (labels) {
    const metadata = ensure(draft, 'metadata');
    if (sizeOf(spec['selector']) === 0) spec['selector'] = { ...labels };
    if (sizeOf(metadata['labels']) === 0) metadata['labels'] = { ...labels };
  }
  setAbsent(spec, 'replicas', 1);
  defaultPodTemplate(descend(spec, 'template'));
};

export const replicationController = builtin({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  nameRule: 'dns-long-name',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  generationFields: ['spec'],
  defaultPropagation: 'Orphan',
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus(),
  scale: { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  fieldLabels: { namespace: true },
  selectableFields: {
    'status.replicas': (object) => String((object as ReplicationController).status?.replicas ?? 0),
  },
  warnings: workloadWarnings,
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  validateStatusUpdate: validateReplicaStatus,
  columns: [
    nameColumn,
    column<ReplicationController>('Desired', 'integer', (object) => object.spec?.replicas ?? 0),
    column<ReplicationController>('Current', 'integer', (object) => object.status?.replicas ?? 0),
    column<ReplicationController>('Ready', 'integer', (object) => object.status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns,
    wideColumn<ReplicationController>('Selector', 'string', (object) => printLabels(object.spec?.selector)),
  ],
});

import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, selectorColumn, templateColumns } from '../common/columns.ts';
import { child, ensure, setAbsent } from '../common/draft.ts';
import { controllerValues } from '../common/indexes.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import type { ReplicaSet } from '../generated/types.ts';
import {
  validateReplicaSet,
  validateReplicaSetUpdate,
  validateReplicaStatus,
} from './replicaset-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setAbsent(spec, 'replicas', 1);
  defaultPodTemplate(child(spec, 'template'));
};

export const replicaSet = builtin({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  generationFields: ['spec'],
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus(),
  scale: { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  indexes: { 'replicasets/controller': controllerValues },
  warnings: workloadWarnings,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaStatus,
  columns: [
    nameColumn,
    column<ReplicaSet>('Desired', 'integer', (object) => object.spec?.replicas ?? 0),
    column<ReplicaSet>('Current', 'integer', (object) => object.status?.replicas ?? 0),
    column<ReplicaSet>('Ready', 'integer', (object) => object.status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
});

import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import {
  ageColumn,
  column,
  nameColumn,
  printSelector,
  templateColumns,
  wideColumn,
} from '../common/columns.ts';
import { child, ensure, setAbsent, setAbsents, setZero } from '../common/draft.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import type { Deployment } from '../generated/types.ts';
import {
  validateDeployment,
  validateDeploymentStatus,
  validateDeploymentUpdate,
} from './deployment-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setAbsent(spec, 'replicas', 1);
  const strategy = ensure(spec, 'strategy');
  setZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    setAbsents(ensure(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
  }
  setAbsents(spec, { revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  defaultPodTemplate(child(spec, 'template'));
};

export const deployment = builtin({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  // Upstream counts annotation changes too, so that controllers copy them.
  generationFields: ['spec', 'metadata.annotations'],
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus({ metadata: ['labels'] }),
  scale: { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  warnings: workloadWarnings,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatus,
  columns: [
    nameColumn,
    column<Deployment>(
      'Ready',
      'string',
      (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    ),
    column<Deployment>('Up-to-date', 'string', (object) => object.status?.updatedReplicas ?? 0),
    column<Deployment>('Available', 'string', (object) => object.status?.availableReplicas ?? 0),
    ageColumn,
    ...templateColumns,
    wideColumn<Deployment>('Selector', 'string', (object) => printSelector(object.spec?.selector, '')),
  ],
});

import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, templateColumns } from '../common/columns.ts';
import { child, descend, ensure, items, setAbsent, setZero, setZeros } from '../common/draft.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import { defaultClaimSpec } from '../core/persistentvolumeclaim.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import { claimSpecWarnings } from '../core/resource-warnings.ts';
import type { StatefulSet } from '../generated/types.ts';
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from './statefulset-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setZero(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensure(spec, 'updateStrategy');
  if (!strategy['type']) {
    strategy['type'] = 'RollingUpdate';
    ensure(strategy, 'rollingUpdate');
  }
  const rolling = child(strategy, 'rollingUpdate');
  if (strategy['type'] === 'RollingUpdate' && rolling) setAbsent(rolling, 'partition', 0);
  setZeros(ensure(spec, 'persistentVolumeClaimRetentionPolicy'), {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  });
  setAbsent(spec, 'replicas', 1);
  setAbsent(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(child(spec, 'template'));
  for (const claim of items(spec, 'volumeClaimTemplates')) {
    // Templates are stored as whole claims.
    setZeros(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    setZero(ensure(claim, 'status'), 'phase', 'Pending');
    defaultClaimSpec(ensure(claim, 'spec'));
  }
};

/** Several pods at a time is behind a feature gate that is off by default: the field is dropped. */
const dropUnavailable = (draft: Draft): void => {
  const rolling = descend(draft, 'spec', 'updateStrategy', 'rollingUpdate');
  delete rolling?.['maxUnavailable'];
};

const setWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  const { spec } = object as StatefulSet;
  const settled = old !== undefined && old.metadata.generation === object.metadata.generation;
  const claims = settled ? [] : (spec?.volumeClaimTemplates ?? []);
  const history = (spec?.revisionHistoryLimit ?? 0) < 0;
  return [
    ...workloadWarnings(object, old).filter((text) => !text.startsWith('metadata.name:')),
    ...claims.flatMap((claim, index) => claimSpecWarnings(claim.spec, `spec.volumeClaimTemplates[${index}]`)),
    ...(history && !settled
      ? [
          'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
        ]
      : []),
  ];
};

export const statefulSet = builtin({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  nameRule: 'dns-label',
  resource: 'statefulsets',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  generationFields: ['spec'],
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus({ create: dropUnavailable, update: dropUnavailable }),
  scale: { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  warnings: setWarnings,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  columns: [
    nameColumn,
    column<StatefulSet>(
      'Ready',
      'string',
      (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    ),
    ageColumn,
    ...templateColumns,
  ],
});

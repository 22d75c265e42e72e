import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../common/columns.ts';
import { child, ensure, isAbsent, setAbsent, setZero, text } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import { withStatus } from '../common/strategy.ts';
import type { PersistentVolumeClaim } from '../generated/types.ts';
import { claimWarnings } from './claim-warnings.ts';
import {
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimStatus,
  validatePersistentVolumeClaimUpdate,
} from './persistentvolumeclaim-validation.ts';
import { printAccessModes, printStorage, storageClassOf } from './volume-columns.ts';

/** Defaults of a claim's spec, also inside ephemeral volumes and claim templates. */
export const defaultClaimSpec = (spec: Draft): void => {
  setAbsent(spec, 'volumeMode', 'Filesystem');
  roundLists(child(spec, 'resources'), 'limits', 'requests');
};

/** `dataSource` and `dataSourceRef` name the same thing in two generations of the API; one fills the other. */
const joinDataSources = (draft: Draft): void => {
  const spec = child(draft, 'spec');
  if (!spec) return;
  const source = child(spec, 'dataSource');
  const reference = child(spec, 'dataSourceRef');
  if (source && !reference) spec['dataSourceRef'] = { ...source };
  if (!source && reference && isAbsent(reference, 'namespace')) {
    const group = text(reference, 'apiGroup');
    spec['dataSource'] = {
      ...(isAbsent(reference, 'apiGroup') ? {} : { apiGroup: group }),
      kind: text(reference, 'kind'),
      name: text(reference, 'name'),
    };
  }
};

export const persistentVolumeClaim = builtin({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  namespaced: true,
  shortNames: ['pvc'],
  defaults: (draft) => {
    setZero(ensure(draft, 'status'), 'phase', 'Pending');
    defaultClaimSpec(ensure(draft, 'spec'));
    roundLists(child(draft, 'status'), 'capacity', 'allocatedResources');
  },
  ...withStatus({
    initial: () => ({ phase: 'Pending' }),
    create: joinDataSources,
    update: joinDataSources,
  }),
  warnings: claimWarnings,
  validate: validatePersistentVolumeClaim,
  validateUpdate: validatePersistentVolumeClaimUpdate,
  validateStatusUpdate: validatePersistentVolumeClaimStatus,
  columns: [
    nameColumn,
    column<PersistentVolumeClaim>('Status', 'string', (object) =>
      object.metadata.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? ''),
    ),
    column<PersistentVolumeClaim>('Volume', 'string', (object) => object.spec?.volumeName ?? ''),
    column<PersistentVolumeClaim>('Capacity', 'string', (object) =>
      object.spec?.volumeName ? printStorage(object.status?.capacity) : '',
    ),
    column<PersistentVolumeClaim>('Access Modes', 'string', (object) =>
      object.spec?.volumeName ? printAccessModes(object.status?.accessModes) : '',
    ),
    column<PersistentVolumeClaim>('StorageClass', 'string', (object) =>
      storageClassOf(object.metadata.annotations, object.spec?.storageClassName),
    ),
    column<PersistentVolumeClaim>(
      'VolumeAttributesClass',
      'string',
      (object) => object.spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn,
    wideColumn<PersistentVolumeClaim>(
      'VolumeMode',
      'string',
      (object) => object.spec?.volumeMode ?? '<unset>',
    ),
  ],
});

import type { Draft, KubeObject } from '../../machinery/object.ts';
import { printTime } from '../../machinery/time.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../common/columns.ts';
import { ensure, isAbsent, setAbsent, setZero } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import { withStatus } from '../common/strategy.ts';
import type { StrategyContext } from '../define.ts';
import type { PersistentVolume } from '../generated/types.ts';
import { persistentVolumeWarnings } from './claim-warnings.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistentvolume-validation.ts';
import { printAccessModes, printStorage, storageClassOf } from './volume-columns.ts';
import { defaultSources } from './volume-defaults.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setZero(ensure(draft, 'status'), 'phase', 'Pending');
  setZero(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  setAbsent(spec, 'volumeMode', 'Filesystem');
  roundLists(spec, 'capacity');
  defaultSources(spec);
};

const stampPhase = (draft: Draft, context: StrategyContext): void => {
  ensure(draft, 'status')['lastPhaseTransitionTime'] = printTime(context.now);
};

/** A write of the status that changes the phase and brings no time of its own gets the present one. */
const statusUpdate = (draft: Draft, old: KubeObject, context: StrategyContext): void => {
  const before = (old as PersistentVolume).status;
  const status = ensure(draft, 'status');
  const moved = status['phase'] !== before?.phase;
  const restamped = status['lastPhaseTransitionTime'] !== before?.lastPhaseTransitionTime;
  if (moved && (!restamped || isAbsent(status, 'lastPhaseTransitionTime'))) stampPhase(draft, context);
};

const printClaim = (object: PersistentVolume): string => {
  const claim = object.spec?.claimRef;
  return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '';
};

export const persistentVolume = builtin({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  namespaced: false,
  shortNames: ['pv'],
  defaults,
  ...withStatus({
    initial: () => ({ phase: 'Pending' }),
    create: stampPhase,
    status: statusUpdate,
  }),
  warnings: persistentVolumeWarnings,
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  columns: [
    nameColumn,
    column<PersistentVolume>('Capacity', 'string', (object) => printStorage(object.spec?.capacity)),
    column<PersistentVolume>('Access Modes', 'string', (object) =>
      printAccessModes(object.spec?.accessModes),
    ),
    column<PersistentVolume>(
      'Reclaim Policy',
      'string',
      (object) => object.spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    column<PersistentVolume>('Status', 'string', (object) =>
      object.metadata.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? ''),
    ),
    column<PersistentVolume>('Claim', 'string', printClaim),
    column<PersistentVolume>('StorageClass', 'string', (object) =>
      storageClassOf(object.metadata.annotations, object.spec?.storageClassName),
    ),
    column<PersistentVolume>(
      'VolumeAttributesClass',
      'string',
      (object) => object.spec?.volumeAttributesClassName ?? '<unset>',
    ),
    column<PersistentVolume>('Reason', 'string', (object) => object.status?.reason ?? ''),
    ageColumn,
    wideColumn<PersistentVolume>('VolumeMode', 'string', (object) => object.spec?.volumeMode ?? '<unset>'),
  ],
});

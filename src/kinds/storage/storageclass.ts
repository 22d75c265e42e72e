import { builtin } from '../common/builtin.ts';
import { ageColumn, column } from '../common/columns.ts';
import { setAbsents } from '../common/draft.ts';
import type { StorageClass } from '../generated/types.ts';
import { validateStorageClass, validateStorageClassUpdate } from './storageclass-validation.ts';

const IS_DEFAULT = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

const printName = ({ metadata }: StorageClass): string => {
  const isDefault = IS_DEFAULT.some((annotation) => metadata.annotations?.[annotation] === 'true');
  return isDefault ? `${metadata.name ?? ''} (default)` : (metadata.name ?? '');
};

export const storageClass = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  defaults: (draft) => setAbsents(draft, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  columns: [
    column<StorageClass>('Name', 'string', printName, { format: 'name' }),
    column<StorageClass>('Provisioner', 'string', (object) => object.provisioner),
    column<StorageClass>('ReclaimPolicy', 'string', (object) => object.reclaimPolicy ?? 'Delete'),
    column<StorageClass>('VolumeBindingMode', 'string', (object) => object.volumeBindingMode ?? 'Immediate'),
    column<StorageClass>('AllowVolumeExpansion', 'string', (object) => object.allowVolumeExpansion ?? false),
    ageColumn,
  ],
});

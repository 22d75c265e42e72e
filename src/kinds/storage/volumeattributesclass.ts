import { builtin } from '../common/builtin.ts';
import { ageColumn, column } from '../common/columns.ts';
import type { VolumeAttributesClass } from '../generated/types.ts';
import {
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from './volumeattributesclass-validation.ts';

const IS_DEFAULT = 'volumeattributesclass.alpha.kubernetes.io/is-default-class';

const printName = ({ metadata }: VolumeAttributesClass): string =>
  metadata.annotations?.[IS_DEFAULT] === 'true' ? `${metadata.name ?? ''} (default)` : (metadata.name ?? '');

export const volumeAttributesClass = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  namespaced: false,
  shortNames: ['vac'],
  validate: validateVolumeAttributesClass,
  validateUpdate: validateVolumeAttributesClassUpdate,
  columns: [
    column<VolumeAttributesClass>('Name', 'string', printName, { format: 'name' }),
    column<VolumeAttributesClass>('DriverName', 'string', (object) => object.driverName),
    ageColumn,
  ],
});

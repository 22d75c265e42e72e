import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { withStatus } from '../common/strategy.ts';
import type { VolumeAttachment } from '../generated/types.ts';
import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from './volumeattachment-validation.ts';

export const volumeAttachment = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  namespaced: false,
  unconditionalUpdate: false,
  ...withStatus({ metadata: 'all' }),
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
  columns: [
    nameColumn,
    column<VolumeAttachment>('Attacher', 'string', (object) => object.spec?.attacher ?? '', {
      format: 'name',
    }),
    column<VolumeAttachment>('PV', 'string', (object) => object.spec?.source?.persistentVolumeName ?? ''),
    column<VolumeAttachment>('Node', 'string', (object) => object.spec?.nodeName ?? ''),
    column<VolumeAttachment>('Attached', 'boolean', (object) => object.status?.attached ?? false),
    ageColumn,
  ],
});

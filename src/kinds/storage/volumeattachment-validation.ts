/** Rules of volume attachments (upstream: pkg/apis/storage/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from '../../machinery/field-error.ts';
import { inclusiveRange } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkSubdomain, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkInlineVolumeSpec } from '../core/persistentvolume-validation.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../generated/types.ts';
import { checkCsiDriverName } from './csi-driver-name-validation.ts';

const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;
const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

const checkSource = (errors: Errors, field: string, source: VolumeAttachmentSource): void => {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  if (inline === undefined && name === undefined) errors.push(required(field, ONE_SOURCE));
  else if (inline !== undefined && name !== undefined) errors.push(forbiddenField(field, ONE_SOURCE));
  else if (name === '') {
    errors.push(required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName'));
  } else if (inline !== undefined) checkInlineVolumeSpec(errors, `${field}.inlineVolumeSpec`, inline);
};

const checkError = (errors: Errors, field: string, error: VolumeError | undefined): void => {
  if (error === undefined) return;
  const { message = '', errorCode } = error;
  // Upstream names the limit of the metadata here.
  if (utf8Length(message) > MAX_MESSAGE_BYTES) errors.push(tooLong(`${field}.message`, MAX_METADATA_BYTES));
  if (errorCode !== undefined && errorCode < 0) {
    errors.push(invalidValue(`${field}.errorCode`, errorCode, inclusiveRange(0, 2147483647)));
  }
};

const checkStatus = (errors: Errors, { status }: VolumeAttachment): void => {
  let bytes = 0;
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) {
    bytes += utf8Length(key) + utf8Length(value);
  }
  if (bytes > MAX_METADATA_BYTES) errors.push(tooLong('status.attachmentMetadata', MAX_METADATA_BYTES));
  checkError(errors, 'status.attachError', status?.attachError);
  checkError(errors, 'status.detachError', status?.detachError);
};

const check = (attachment: VolumeAttachment): FieldError[] => {
  const errors: FieldError[] = [];
  const { attacher = '', source = {}, nodeName = '' } = attachment.spec ?? {};
  if (attacher === '') errors.push(required('spec.attacher'));
  checkSource(errors, 'spec.source', source);
  checkSubdomain(errors, 'spec.nodeName', nodeName);
  checkStatus(errors, attachment);
  return errors;
};

/** Errors of a new attachment. */
export const validateVolumeAttachment = (object: KubeObject): FieldError[] => {
  const attachment = object as VolumeAttachment;
  const errors = check(attachment);
  const { attacher = '', source } = attachment.spec ?? {};
  // Only v1 looks at these, and only when something new comes in.
  if (attacher !== '') checkCsiDriverName(errors, 'spec.attacher', attacher);
  const { persistentVolumeName: name } = source ?? {};
  if (name !== undefined) checkSubdomain(errors, 'spec.source.persistentVolumeName', name);
  return errors;
};

const shown = ({ spec }: VolumeAttachment) => {
  const { attacher = '', source = {}, nodeName = '' } = spec ?? {};
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source;
  return {
    Attacher: attacher,
    Source: {
      PersistentVolumeName: name ?? null,
      InlineVolumeSpec: inline === undefined ? null : internalForm('PersistentVolumeSpec', inline),
    },
    NodeName: nodeName,
  };
};

/** Errors of a changed attachment: the spec stays. */
export const validateVolumeAttachmentUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors = check(object as VolumeAttachment);
  const next = object as VolumeAttachment;
  const before = old as VolumeAttachment;
  checkImmutable(errors, 'spec', next.spec, before.spec, shown(next));
  return errors;
};

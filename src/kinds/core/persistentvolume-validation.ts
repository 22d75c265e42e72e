/** Rules of persistent volumes (upstream: pkg/apis/core/validation, 1.36). */

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { quantityOf, quantityValue, signOfQuantity } from '../../machinery/quantity.ts';
import {
  checkImmutable,
  checkPresent,
  checkSubdomain,
  type Errors,
  isSame,
  MUST_BE_POSITIVE,
} from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import { jsonDiff } from '../common/line-diff.ts';
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '../generated/types.ts';
import { checkAccessModes, VOLUME_MODES } from './claim-spec-validation.ts';
import { checkNodeSelector } from './node-selector-validation.ts';
import { checkVolumeSource, volumeSourceFields } from './persistentvolume-source-validation.ts';

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const INLINE = 'may not be specified in the context of inline volumes';

const checkModes = (errors: Errors, path: string, modes: readonly string[]): void => {
  if (modes.length === 0) errors.push(required(`${path}.accessModes`));
  checkAccessModes(errors, `${path}.accessModes`, modes);
};

const checkCapacity = (errors: Errors, path: string, capacity: PersistentVolumeSpec['capacity']): void => {
  const names = Object.keys(capacity ?? {}).sort();
  if (names.length === 0) errors.push(required(path));
  if (names.length !== 1 || names[0] !== 'storage')
    errors.push(notSupported(path, capacity ?? null, ['storage']));
  for (const name of names) {
    const text = capacity?.[name];
    const amount = quantityOf(text);
    const at = `${path}[${name}]`;
    if (signOfQuantity(amount) < 0) {
      errors.push(invalidValue(at, quantityValue(amount), 'must be a valid resource quantity'));
    }
    if (signOfQuantity(amount) <= 0) errors.push(invalidValue(at, String(text), MUST_BE_POSITIVE));
  }
};

const checkAffinity = (errors: Errors, path: string, affinity: VolumeNodeAffinity | undefined): void => {
  if (affinity === undefined) return;
  if (affinity.required) checkNodeSelector(errors, `${path}.required`, affinity.required);
  else errors.push(required(`${path}.required`, 'must specify required node constraints'));
};

/** Whether a path means the root, whatever dots and slashes it is written with. */
const isRoot = (path: string): boolean => {
  if (!path.startsWith('/')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth = Math.max(0, depth - 1);
    else if (part !== '' && part !== '.') depth += 1;
  }
  return depth === 0;
};

const checkClasses = (errors: Errors, path: string, spec: PersistentVolumeSpec): void => {
  const { volumeAttributesClassName: name } = spec;
  if (name === undefined) return;
  const at = `${path}.volumeAttributesClassName`;
  if (checkPresent(errors, at, name, 'an empty string is disallowed')) checkSubdomain(errors, at, name);
  if (spec.csi === undefined) {
    errors.push(required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName'));
  }
};

const checkSpec = (errors: Errors, spec: PersistentVolumeSpec, volume: string): void => {
  const path = 'spec';
  checkModes(errors, path, spec.accessModes ?? []);
  checkCapacity(errors, `${path}.capacity`, spec.capacity);
  const { persistentVolumeReclaimPolicy: policy, hostPath, storageClassName, volumeMode } = spec;
  if (policy && !RECLAIM_POLICIES.includes(policy)) {
    errors.push(notSupported(`${path}.persistentVolumeReclaimPolicy`, policy, RECLAIM_POLICIES));
  }
  checkAffinity(errors, `${path}.nodeAffinity`, spec.nodeAffinity);
  checkVolumeSource(errors, path, spec, volume, spec.nodeAffinity !== undefined);
  if (hostPath && isRoot(hostPath.path ?? '') && policy === 'Recycle') {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbiddenField(`${path}.persistentVolumeReclaimPolicy`, detail));
  }
  if (storageClassName) checkSubdomain(errors, `${path}.storageClassName`, storageClassName);
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${path}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  checkClasses(errors, path, spec);
};

/** The spec of a volume inside a volume attachment: a migrated one, so only its CSI source counts. */
export const checkInlineVolumeSpec = (errors: Errors, path: string, spec: PersistentVolumeSpec): void => {
  if (spec.claimRef !== undefined) errors.push(forbiddenField(`${path}.claimRef`, INLINE));
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbiddenField(`${path}.capacity`, INLINE));
  if (spec.csi === undefined) {
    errors.push(required(`${path}.csi`, 'has to be specified in the context of inline volumes'));
  }
  checkModes(errors, path, spec.accessModes ?? []);
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  if (policy && policy !== 'Retain') {
    const detail = 'may only be Retain in the context of inline volumes';
    errors.push(forbiddenField(`${path}.persistentVolumeReclaimPolicy`, detail));
  }
  if (spec.nodeAffinity !== undefined) errors.push(forbiddenField(`${path}.nodeAffinity`, INLINE));
  checkVolumeSource(errors, path, spec, '', false);
  if (spec.storageClassName) errors.push(forbiddenField(`${path}.storageClassName`, INLINE));
  if (volumeMode !== undefined && volumeMode !== 'Filesystem') {
    const detail = 'may not specify volumeMode other than Filesystem in the context of inline volumes';
    errors.push(forbiddenField(`${path}.volumeMode`, detail));
  }
};

const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

/** Sources that never take the annotation of mount options (pkg/volume/validation). */
const UNMOUNTED = ['csi', 'flexVolume', 'hostPath', 'local', 'storageos'] as const;

const checkMountOptions = (errors: Errors, volume: PersistentVolume): void => {
  const { spec = {} } = volume;
  if (volume.metadata.annotations?.[MOUNT_OPTIONS] === undefined) return;
  const mounted = volumeSourceFields.some(
    (field) => spec[field] !== undefined && !(UNMOUNTED as readonly string[]).includes(field),
  );
  if (mounted) return;
  const detail = 'may not specify mount options for this volume type';
  errors.push(forbiddenField(`metadata.annotations.${MOUNT_OPTIONS}`, detail));
};

const validateSpec = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, (object as PersistentVolume).spec ?? {}, object.metadata.name ?? '');
  return errors;
};

/** Errors of a new volume. */
export const validatePersistentVolume = (object: KubeObject): FieldError[] => {
  const errors = validateSpec(object);
  checkMountOptions(errors, object as PersistentVolume);
  return errors;
};

const RENAMED: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

const renamed = (affinity: VolumeNodeAffinity | undefined, next: VolumeNodeAffinity | undefined): unknown => {
  const terms = affinity?.required?.nodeSelectorTerms;
  if (!terms) return affinity;
  const rename = (
    requirements: readonly NodeSelectorRequirement[] | undefined,
    now: readonly NodeSelectorRequirement[] | undefined,
  ) =>
    requirements?.map((requirement, index) =>
      (RENAMED[requirement.key] ?? '') === now?.[index]?.key
        ? { ...requirement, key: now?.[index]?.key ?? requirement.key }
        : requirement,
    );
  return {
    required: {
      nodeSelectorTerms: terms.map((term, index) => {
        const now = next?.required?.nodeSelectorTerms?.[index];
        return {
          matchExpressions: rename(term.matchExpressions, now?.matchExpressions),
          matchFields: rename(term.matchFields, now?.matchFields),
        };
      }),
    },
  };
};

const sourceOf = (spec: PersistentVolumeSpec): Partial<PersistentVolumeSpec> =>
  Object.fromEntries(
    volumeSourceFields.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])),
  );

/** The secret for expansion may be added to a volume that had none. */
const comparableSource = (
  next: PersistentVolumeSpec,
  old: PersistentVolumeSpec,
): Partial<PersistentVolumeSpec> => {
  const source = sourceOf(next);
  if (!source.csi || !old.csi || old.csi.controllerExpandSecretRef !== undefined) return source;
  const { controllerExpandSecretRef: _added, ...csi } = source.csi;
  return { ...source, csi };
};

const checkSourceChange = (errors: Errors, next: PersistentVolumeSpec, old: PersistentVolumeSpec): void => {
  const source = comparableSource(next, old);
  const before = sourceOf(old);
  const [form, oldForm] = [source, before].map((value) => internalForm('PersistentVolumeSource', value));
  if (sameValue(form, oldForm)) return;
  const detail = `spec.persistentvolumesource is immutable after creation\n${jsonDiff(oldForm, form)}`;
  errors.push(forbiddenField('spec.persistentvolumesource', detail));
};

const checkAffinityChange = (errors: Errors, next: PersistentVolumeSpec, old: PersistentVolumeSpec): void => {
  if (old.nodeAffinity === undefined) return;
  if (isSame(renamed(next.nodeAffinity, next.nodeAffinity), renamed(old.nodeAffinity, next.nodeAffinity)))
    return;
  const value = next.nodeAffinity && internalForm('VolumeNodeAffinity', next.nodeAffinity);
  const detail = 'field is immutable, except for updating from beta label to GA';
  errors.push(invalidValue('nodeAffinity', value, detail));
};

/** Errors of a changed volume: source, mode and place stay. Upstream judges the whole twice. */
export const validatePersistentVolumeUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const spec = (object as PersistentVolume).spec ?? {};
  const old = (before as PersistentVolume).spec ?? {};
  const errors = [...validatePersistentVolume(object), ...validateSpec(object)];
  checkSourceChange(errors, spec, old);
  checkImmutable(errors, 'volumeMode', spec.volumeMode, old.volumeMode);
  checkAffinityChange(errors, spec, old);
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    const detail = 'update from non-nil value to nil is forbidden';
    errors.push(forbiddenField('spec.volumeAttributesClassName', detail));
  }
  return errors;
};

/** Rules of volume claims (upstream: pkg/apis/core/validation, 1.36). */

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { qualifiedName } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { compareQuantity, quantityOf, quantityValue, signOfQuantity } from '../../machinery/quantity.ts';
import { checkImmutable, checkRule, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import { jsonDiff } from '../common/line-diff.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/types.ts';
import { checkClaimSpec } from './claim-spec-validation.ts';
import { checkResourceAmount, isNativeResource } from './resource-names.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Errors of a new claim. */
export const validatePersistentVolumeClaim = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  checkClaimSpec(errors, 'spec', (object as PersistentVolumeClaim).spec);
  return errors;
};

const hasGroup = ({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec): boolean =>
  typeof dataSource?.apiGroup === 'string' || typeof dataSourceRef?.apiGroup === 'string';

const classAnnotation = ({ metadata }: KubeObject): string | undefined =>
  metadata.annotations?.[CLASS_ANNOTATION];

/** A class given by the old annotation may move to the field. */
const movesAnnotation = (claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean => {
  const before = classAnnotation(old);
  const now = classAnnotation(claim);
  return (
    before !== undefined &&
    old.spec?.storageClassName === undefined &&
    claim.spec?.storageClassName === before &&
    (now === undefined || now === before)
  );
};

/** A class may be filled in where there was none. */
const fillsClass = (claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean => {
  const before = classAnnotation(old);
  const name = claim.spec?.storageClassName;
  return name !== undefined && old.spec?.storageClassName === undefined && (before ?? name) === name;
};

const withStorage = (
  spec: PersistentVolumeClaimSpec,
  old: PersistentVolumeClaimSpec,
): PersistentVolumeClaimSpec => {
  const { requests, ...resources } = spec.resources ?? {};
  if (requests === undefined) return spec;
  const storage = old.resources?.requests?.['storage'] ?? '0';
  return { ...spec, resources: { ...resources, requests: { ...requests, storage } } };
};

type Pair = readonly [PersistentVolumeClaimSpec, PersistentVolumeClaimSpec];

const without = (
  spec: PersistentVolumeClaimSpec,
  field: keyof PersistentVolumeClaimSpec,
): PersistentVolumeClaimSpec => {
  const { [field]: _dropped, ...rest } = spec;
  return rest;
};

/** Both specs with what may change made alike. */
const comparable = (claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Pair => {
  let spec = claim.spec ?? {};
  let before = old.spec ?? {};
  if (!before.volumeName && spec.volumeName !== undefined)
    before = { ...before, volumeName: spec.volumeName };
  if (movesAnnotation(claim, old) || fillsClass(claim, old)) spec = without(spec, 'storageClassName');
  if (claim.status?.phase !== 'Bound') return [spec, before];
  spec = withStorage(spec, before);
  const name = before.volumeAttributesClassName;
  spec = without(spec, 'volumeAttributesClassName');
  return [name === undefined ? spec : { ...spec, volumeAttributesClassName: name }, before];
};

const checkSpecChange = (errors: Errors, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): void => {
  const [form, oldForm] = comparable(claim, old).map((spec) =>
    internalForm('PersistentVolumeClaimSpec', spec),
  );
  if (sameValue(form, oldForm)) return;
  const detail =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  errors.push(forbiddenField('spec', `${detail}\n${jsonDiff(oldForm, form)}`));
};

const checkAnnotation = (errors: Errors, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): void => {
  if (movesAnnotation(claim, old)) return;
  const now = classAnnotation(claim) ?? '';
  if (now === (classAnnotation(old) ?? '')) return;
  errors.push(invalidValue(`metadata.annotations.${CLASS_ANNOTATION}`, now, 'field is immutable'));
};

const storageOf = (spec: PersistentVolumeClaimSpec | undefined) =>
  quantityOf(spec?.resources?.requests?.['storage']);

/** A request may shrink down to what there really is, to give up an expansion. */
const checkSize = (errors: Errors, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): void => {
  const size = storageOf(claim.spec);
  if (compareQuantity(size, storageOf(old.spec)) >= 0) return;
  if (compareQuantity(size, quantityOf(old.status?.capacity?.['storage'])) > 0) return;
  errors.push(
    forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'),
  );
};

const checkAttributesClass = (
  errors: Errors,
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): void => {
  const name = claim.spec?.volumeAttributesClassName;
  if (name === old.spec?.volumeAttributesClassName) return;
  if (old.status?.currentVolumeAttributesClassName === undefined || name) return;
  const what = name === undefined ? 'nil' : 'empty string';
  const detail = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  errors.push(forbiddenField('spec.volumeAttributesClassName', detail));
};

/** Errors of a changed claim: most of it stays. */
export const validatePersistentVolumeClaimUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const claim = object as PersistentVolumeClaim;
  const old = before as PersistentVolumeClaim;
  checkClaimSpec(errors, 'spec', claim.spec, hasGroup(old.spec ?? {}));
  checkAnnotation(errors, claim, old);
  checkSpecChange(errors, claim, old);
  checkSize(errors, claim, old);
  checkImmutable(errors, 'volumeMode', claim.spec?.volumeMode, old.spec?.volumeMode);
  checkAttributesClass(errors, claim, old);
  return errors;
};

const RESIZE_STATES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].sort();

/** Names of resources in a claim's status: of Kubernetes' own only `storage`. */
const checkKey = (errors: Errors, path: string, name: string): boolean => {
  const messages = qualifiedName(name);
  checkRule(errors, path, name, messages);
  if (messages.length > 0) return false;
  if (!isNativeResource(name) || name === 'storage') return true;
  errors.push(notSupported(path, name, ['storage']));
  return false;
};

const checkBasic = (errors: Errors, path: string, text: string): boolean => {
  const amount = quantityOf(text);
  if (signOfQuantity(amount) >= 0) return true;
  errors.push(invalidValue(path, quantityValue(amount), 'must be a valid resource quantity'));
  return false;
};

const sortedEntries = <Value>(map: Readonly<Record<string, Value>> | undefined): [string, Value][] =>
  Object.entries(map ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));

/** Errors of a changed status. */
export const validatePersistentVolumeClaimStatus = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { spec, status } = object as PersistentVolumeClaim;
  if ((spec?.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'));
  for (const [name, text] of sortedEntries(status?.capacity))
    checkBasic(errors, `status.capacity[${name}]`, text);
  for (const [name, state] of sortedEntries(status?.allocatedResourceStatuses)) {
    const path = 'status.allocatedResourceStatuses';
    checkKey(errors, path, name);
    if (!RESIZE_STATES.includes(state)) errors.push(notSupported(path, name, RESIZE_STATES));
  }
  for (const [name, text] of sortedEntries(status?.allocatedResources)) {
    const path = 'status.allocatedResources';
    if (!checkKey(errors, path, name)) continue;
    const at = `${path}[${name}]`;
    if (checkBasic(errors, at, text)) checkResourceAmount(errors, at, 'storage', text);
  }
  return errors;
};

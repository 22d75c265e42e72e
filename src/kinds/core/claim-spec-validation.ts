/** Rules of what a volume claim asks for, in claims and in templates of claims (pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { dns1123Label } from '../../machinery/name-rules.ts';
import { quantityOf } from '../../machinery/quantity.ts';
import {
  checkAnnotations,
  checkLabels,
  checkPresent,
  checkRule,
  checkSubdomain,
  type Errors,
  MUST_BE_POSITIVE,
} from '../common/checks.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../generated/types.ts';
import { checkResourceAmount } from './resource-names.ts';

/** Access modes there are, in order. */
export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
/** Volume modes there are, in order. */
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** Access modes, of which ReadWriteOncePod stands alone. */
export const checkAccessModes = (errors: Errors, path: string, modes: readonly string[]): void => {
  for (const mode of modes)
    if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(path, mode, ACCESS_MODES));
  const alone = modes.includes('ReadWriteOncePod');
  if (alone && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))) {
    errors.push(forbiddenField(path, 'may not use ReadWriteOncePod with other access modes'));
  }
};

const checkStorage = (errors: Errors, path: string, spec: PersistentVolumeClaimSpec): void => {
  const amount = spec.resources?.requests?.['storage'];
  if (amount === undefined) errors.push(required(path));
  else if (quantityOf(amount).nano <= 0n) errors.push(invalidValue(path, amount, MUST_BE_POSITIVE));
  else checkResourceAmount(errors, path, 'storage', amount);
};

type DataSource = Partial<TypedObjectReference & TypedLocalObjectReference>;

const checkDataSource = (errors: Errors, path: string, source: DataSource, anyGroup: boolean): void => {
  const { name, kind = '', apiGroup = '' } = source;
  checkPresent(errors, `${path}.name`, name);
  checkPresent(errors, `${path}.kind`, kind);
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalidValue(path, kind, detail));
  }
  if (apiGroup && !anyGroup) checkSubdomain(errors, `${path}.apiGroup`, apiGroup);
  const { namespace } = source;
  if (namespace) checkRule(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
};

const isSameSource = (left: DataSource, right: DataSource): boolean =>
  left.apiGroup === right.apiGroup &&
  (left.kind ?? '') === (right.kind ?? '') &&
  (left.name ?? '') === (right.name ?? '');

/** Go prints the path it was given by mistake as an empty struct. */
const PATH_VALUE = {};

const checkSources = (
  errors: Errors,
  path: string,
  spec: PersistentVolumeClaimSpec,
  anyGroup: boolean,
): void => {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) checkDataSource(errors, `${path}.dataSource`, dataSource as DataSource, anyGroup);
  if (dataSourceRef) checkDataSource(errors, `${path}.dataSourceRef`, dataSourceRef as DataSource, anyGroup);
  if (!dataSource || !dataSourceRef) return;
  if ((dataSourceRef as DataSource).namespace) {
    const detail = 'may not be specified when dataSourceRef.namespace is specified';
    errors.push(invalidValue(path, PATH_VALUE, detail));
  } else if (!isSameSource(dataSource as DataSource, dataSourceRef as DataSource)) {
    errors.push(invalidValue(path, PATH_VALUE, 'must match dataSourceRef'));
  }
};

/** The spec of a claim; `anyGroup` is true where an old object had a data source of another group already. */
export const checkClaimSpec = (
  errors: Errors,
  path: string,
  spec: PersistentVolumeClaimSpec | undefined,
  anyGroup = false,
): void => {
  const given = spec ?? ({} as PersistentVolumeClaimSpec);
  const modes = given.accessModes ?? [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  checkLabelSelector(errors, `${path}.selector`, given.selector);
  checkAccessModes(errors, `${path}.accessModes`, modes);
  checkStorage(errors, `${path}.resources[storage]`, given);
  if (given.storageClassName) checkSubdomain(errors, `${path}.storageClassName`, given.storageClassName);
  const { volumeMode } = given;
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${path}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  checkSources(errors, path, given, anyGroup);
  const { volumeAttributesClassName: attributes } = given;
  if (attributes) checkSubdomain(errors, `${path}.volumeAttributesClassName`, attributes);
};

/** Metadata a template may not have, in upstream's order. */
const FORBIDDEN_META = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** Metadata of a template: labels and annotations only. */
export const checkTemplateMetadata = (errors: Errors, path: string, metadata: unknown): void => {
  const given = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  checkAnnotations(
    errors,
    `${path}.annotations`,
    given['annotations'] as Readonly<Record<string, string>> | undefined,
  );
  checkLabels(errors, `${path}.labels`, given['labels'] as Readonly<Record<string, string>> | undefined);
  for (const field of FORBIDDEN_META) {
    const value = given[field];
    if (value === undefined || value === null || value === '' || value === 0) continue;
    errors.push(forbiddenField(`${path}.${field === 'uid' ? 'uID' : field}`, 'cannot be set'));
  }
};

/** The template of an ephemeral volume's claim. */
export const checkClaimTemplate = (
  errors: Errors,
  path: string,
  template: PersistentVolumeClaimTemplate,
): void => {
  checkTemplateMetadata(errors, `${path}.metadata`, template.metadata);
  checkClaimSpec(errors, `${path}.spec`, template.spec);
};

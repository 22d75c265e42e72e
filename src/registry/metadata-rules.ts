/**
 * What `metadata` must look like, for every kind (apimachinery api/validation/objectmeta.go and pkg/apis/core
 * validation's extra rule for finalizers). Errors come before those of the kind's own rules.
 */

import type { Kind } from '../kinds/define.ts';
import { utf8Length } from '../machinery/deep.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from '../machinery/field-error.ts';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  maskTrailingDash,
  maxBytes,
  maxCharacters,
  pathSegmentName,
  qualifiedName,
} from '../machinery/name-rules.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import type { ObjectMeta, OwnerReference } from '../machinery/object.ts';

const MAX_ANNOTATION_BYTES = 256 * 1024;
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

type NameRule = (name: string, prefix: boolean) => readonly string[];

const masked =
  (rule: (name: string) => readonly string[]): NameRule =>
  (name, prefix) =>
    rule(prefix ? maskTrailingDash(name) : name);

/** What upstream's declarative rules say of the same names. */
const longName = (name: string): readonly string[] =>
  dns1123Subdomain(name).map((text) => (text === maxCharacters(253) ? maxBytes(253) : text));

const NAME_RULES: Readonly<Record<Kind['nameRule'], NameRule>> = {
  'dns-subdomain': masked(dns1123Subdomain),
  'dns-long-name': masked(longName),
  'dns-label': masked(dns1123Label),
  'dns-1035-label': masked(dns1035Label),
  'service-account': masked(dns1123Subdomain),
  'path-segment': pathSegmentName,
  rbac: pathSegmentName,
  'judged-by-kind': () => [],
};

const checkLabels = (labels: Readonly<Record<string, string>>): FieldError[] => {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key] ?? '';
    for (const text of qualifiedName(key)) errors.push(invalidValue('metadata.labels', key, text));
    for (const text of labelValue(value)) errors.push(invalidValue('metadata.labels', value, text));
  }
  return errors;
};

const checkAnnotations = (annotations: Readonly<Record<string, string>>): FieldError[] => {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(annotations).sort()) {
    for (const text of qualifiedName(key.toLowerCase())) {
      errors.push(invalidValue('metadata.annotations', key, text));
    }
    bytes += utf8Length(key) + utf8Length(annotations[key] ?? '');
  }
  if (bytes > MAX_ANNOTATION_BYTES) errors.push(tooLong('metadata.annotations', MAX_ANNOTATION_BYTES));
  return errors;
};

const checkOwner = (owner: OwnerReference): FieldError[] => {
  const path = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  const gv = parseGroupVersion(owner.apiVersion ?? '') ?? { group: '', version: '' };
  if (gv.version === '')
    errors.push(invalidValue(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
  if (!owner.kind) errors.push(invalidValue(`${path}.kind`, owner.kind ?? '', 'must not be empty'));
  if (!owner.name) errors.push(invalidValue(`${path}.name`, owner.name ?? '', 'must not be empty'));
  if (!owner.uid) errors.push(invalidValue(`${path}.uid`, owner.uid ?? '', 'must not be empty'));
  if (gv.group === '' && gv.version === 'v1' && owner.kind === 'Event') {
    errors.push(invalidValue(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
};

const checkOwners = (owners: readonly OwnerReference[]): FieldError[] => {
  const errors: FieldError[] = [];
  let controller = '';
  for (const owner of owners) {
    errors.push(...checkOwner(owner));
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== '') {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue('metadata.ownerReferences', owners, detail));
    } else controller = name;
  }
  return errors;
};

const checkFinalizers = (finalizers: readonly string[]): FieldError[] => {
  const errors: FieldError[] = [];
  for (const name of finalizers) {
    for (const text of qualifiedName(name)) errors.push(invalidValue('metadata.finalizers', name, text));
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(
      invalidValue(
        'metadata.finalizers',
        finalizers,
        'finalizer orphan and foregroundDeletion cannot be both set',
      ),
    );
  }
  return errors;
};

/** Kinds of servers of their own upstream: the core types' rules do not concern them. */
const FOREIGN_GROUPS: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

const checkStandardFinalizers = (kind: Kind, finalizers: readonly string[]): FieldError[] => {
  if (kind.custom === true || FOREIGN_GROUPS.has(kind.group)) return [];
  return finalizers.flatMap((name, index) =>
    name.includes('/') || STANDARD_FINALIZERS.has(name)
      ? []
      : [
          invalidValue(
            `metadata.finalizers[${index}]`,
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
};

const checkScope = (kind: Pick<Kind, 'namespaced'>, metadata: ObjectMeta): FieldError[] => {
  const { namespace = '' } = metadata;
  if (!kind.namespaced) {
    return namespace === '' ? [] : [forbiddenField('metadata.namespace', 'not allowed on this type')];
  }
  if (namespace === '') return [required('metadata.namespace')];
  return dns1123Label(namespace).map((text) => invalidValue('metadata.namespace', namespace, text));
};

const checkManagedFields = (metadata: ObjectMeta): FieldError[] => {
  const errors: FieldError[] = [];
  (metadata.managedFields ?? []).forEach((entry, index) => {
    const path = `metadata.managedFields[${index}]`;
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalidValue(`${path}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    const { fieldsType } = entry as { readonly fieldsType?: string };
    if (fieldsType !== undefined && fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.push(invalidValue(`${path}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    }
  });
  return errors;
};

const checkShared = (metadata: ObjectMeta): FieldError[] => [
  ...(metadata.labels ? checkLabels(metadata.labels) : []),
  ...(metadata.annotations ? checkAnnotations(metadata.annotations) : []),
  ...(metadata.ownerReferences ? checkOwners(metadata.ownerReferences) : []),
];

/** Upstream's ValidateObjectMetaAccessor with a rule for names. */
const checkWhole = (kind: Pick<Kind, 'namespaced'>, metadata: ObjectMeta, rule: NameRule): FieldError[] => {
  const { name = '', generateName = '', finalizers = [], generation = 0 } = metadata;
  const errors: FieldError[] = [];
  if (generateName !== '') {
    for (const text of rule(generateName, true)) {
      errors.push(invalidValue('metadata.generateName', generateName, text));
    }
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else for (const text of rule(name, false)) errors.push(invalidValue('metadata.name', name, text));
  errors.push(...checkScope(kind, metadata));
  if (generation < 0) {
    errors.push(invalidValue('metadata.generation', generation, 'must be greater than or equal to 0'));
  }
  errors.push(...checkShared(metadata), ...checkFinalizers(finalizers), ...checkManagedFields(metadata));
  return errors;
};

/** Rules of a new object's metadata, in upstream's order. */
export const checkNewMetadata = (kind: Kind, metadata: ObjectMeta): FieldError[] => [
  ...checkWhole(kind, metadata, NAME_RULES[kind.nameRule]),
  ...checkStandardFinalizers(kind, metadata.finalizers ?? []),
];

const immutable = (name: string, next: unknown, old: unknown): FieldError[] =>
  next === old ? [] : [invalidValue(`metadata.${name}`, next, 'field is immutable')];

const checkNewFinalizers = (next: readonly string[], old: readonly string[]): FieldError[] => {
  const extra = [...new Set(next.filter((name) => !old.includes(name)))].sort();
  if (extra.length === 0) return [];
  const list = `[]string{${extra.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [
    forbiddenField(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    ),
  ];
};

const checkChange = (next: ObjectMeta, old: ObjectMeta): FieldError[] => [
  ...(old.deletionTimestamp === undefined
    ? []
    : checkNewFinalizers(next.finalizers ?? [], old.finalizers ?? [])),
  ...immutable('name', next.name ?? '', old.name ?? ''),
  ...immutable('namespace', next.namespace ?? '', old.namespace ?? ''),
  ...immutable('uid', next.uid ?? '', old.uid ?? ''),
  ...immutable('creationTimestamp', next.creationTimestamp, old.creationTimestamp),
  ...immutable('deletionTimestamp', next.deletionTimestamp, old.deletionTimestamp),
  ...immutable('deletionGracePeriodSeconds', next.deletionGracePeriodSeconds, old.deletionGracePeriodSeconds),
  ...checkShared(next),
  ...checkManagedFields(next),
];

type Judged = 'change' | 'whole';

const BOTH: readonly Judged[] = ['change', 'whole'];
const WHOLE_FIRST: readonly Judged[] = ['whole', 'change'];
const WHOLE: readonly Judged[] = ['whole'];

/**
 * How the update rules of a kind judge metadata once more: most look at the change, some at the whole or at both.
 * Custom kinds look at the change.
 */
const KIND_JUDGES: Readonly<Record<string, readonly Judged[]>> = {
  APIService: BOTH,
  ConfigMap: BOTH,
  Endpoints: BOTH,
  Ingress: BOTH,
  IngressClass: BOTH,
  Job: BOTH,
  PersistentVolumeClaim: BOTH,
  Pod: BOTH,
  Secret: BOTH,
  ServiceAccount: BOTH,
  VolumeAttributesClass: BOTH,
  CertificateSigningRequest: WHOLE_FIRST,
  ClusterRole: WHOLE_FIRST,
  ClusterRoleBinding: WHOLE_FIRST,
  DeviceClass: WHOLE_FIRST,
  Namespace: WHOLE_FIRST,
  Node: WHOLE_FIRST,
  ResourceClaim: WHOLE_FIRST,
  Role: WHOLE_FIRST,
  RoleBinding: WHOLE_FIRST,
  RuntimeClass: WHOLE_FIRST,
  StorageClass: WHOLE_FIRST,
  CSINode: WHOLE,
  EndpointSlice: WHOLE,
  FlowSchema: WHOLE,
  LimitRange: WHOLE,
  MutatingAdmissionPolicy: WHOLE,
  MutatingAdmissionPolicyBinding: WHOLE,
  MutatingWebhookConfiguration: WHOLE,
  PersistentVolume: ['whole', 'whole'],
  PriorityLevelConfiguration: WHOLE,
  ValidatingAdmissionPolicy: WHOLE,
  ValidatingAdmissionPolicyBinding: WHOLE,
  ValidatingWebhookConfiguration: WHOLE,
  VolumeAttachment: WHOLE,
  Event: [],
};

const CHANGE: readonly Judged[] = ['change'];

/**
 * Rules of a change of metadata, in upstream's order and as often as upstream tells them: the generic layer judges
 * the whole and the change, then the main write of a kind judges as its own rules say; its subresources judge the
 * change.
 */
export const checkMetadataUpdate = (
  kind: Kind,
  next: ObjectMeta,
  old: ObjectMeta,
  subresource?: string,
): FieldError[] => {
  const change = checkChange(next, old);
  const standard = checkStandardFinalizers(kind, next.finalizers ?? []);
  const plain = kind.custom === true || subresource === 'status' || subresource === 'finalize';
  const judged = plain ? CHANGE : (KIND_JUDGES[kind.kind] ?? CHANGE);
  return [
    ...checkWhole(kind, next, pathSegmentName),
    ...change,
    ...judged.flatMap((what) => (what === 'whole' ? checkNewMetadata(kind, next) : [...change, ...standard])),
  ];
};

/** Rules of the metadata of an object embedded in a custom one; fields start with `metadata`. */
export const checkEmbeddedMetadata = (metadata: ObjectMeta): FieldError[] => {
  const namespaced = (metadata.namespace ?? '') !== '';
  return checkWhole({ namespaced }, metadata, pathSegmentName);
};

/** Rules of CSI nodes (upstream: pkg/apis/storage/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { duplicate, type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  checkEach,
  checkImmutable,
  checkNonNegative,
  checkQualifiedName,
  type Errors,
} from '../common/checks.ts';
import type { CSINode, CSINodeDriver } from '../generated/types.ts';
import { checkCsiDriverName } from './csi-driver-name-validation.ts';

const MAX_NODE_ID_BYTES = 256;

const checkNodeId = (errors: Errors, field: string, id = ''): void => {
  if (id === '') errors.push(required(field));
  if (utf8Length(id) > MAX_NODE_ID_BYTES) {
    errors.push(invalidValue(field, id, `must be ${MAX_NODE_ID_BYTES} characters or less`));
  }
};

const checkKeys = (errors: Errors, field: string, keys: readonly string[]): void => {
  const seen = new Set<string>();
  for (const key of keys) {
    if (key === '') errors.push(required(field));
    if (seen.has(key)) errors.push(duplicate(field, key));
    seen.add(key);
    checkQualifiedName(errors, field, key);
  }
};

const driversOf = (object: KubeObject): readonly CSINodeDriver[] => (object as CSINode).spec?.drivers ?? [];

/** Errors of a new CSI node. */
export const validateCsiNode = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  checkEach(errors, 'spec.drivers', driversOf(object), (found, field, driver) => {
    const { name = '', nodeID, allocatable, topologyKeys } = driver;
    checkCsiDriverName(found, `${field}.name`, name);
    checkNodeId(found, `${field}.nodeID`, nodeID);
    checkNonNegative(found, `${field}.allocatable.count`, allocatable?.count);
    if (names.has(name)) found.push(duplicate(`${field}.name`, name));
    names.add(name);
    checkKeys(found, field, topologyKeys ?? []);
  });
  return errors;
};

/** A driver as upstream's in-memory type prints, without what may change. */
const shown = ({ name = '', nodeID = '', topologyKeys }: CSINodeDriver) => ({
  Name: name,
  NodeID: nodeID,
  TopologyKeys: topologyKeys ?? null,
  Allocatable: null,
});

/** Errors of a changed CSI node: a driver that stays may change its allocatable count only. */
export const validateCsiNodeUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors = validateCsiNode(object);
  for (const old of driversOf(before)) {
    for (const driver of driversOf(object)) {
      if (old.name !== driver.name) continue;
      const next = shown(driver);
      checkImmutable(errors, 'spec.drivers', comparable(driver), comparable(old), next);
    }
  }
  return errors;
};

const comparable = ({ name = '', nodeID = '', topologyKeys }: CSINodeDriver) => [
  name,
  nodeID,
  topologyKeys ?? [],
];

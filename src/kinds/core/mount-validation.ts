/** Rules of volume mounts and devices of a container (pkg/apis/core/validation, 1.36). */

import {
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { checkPresent, type Errors } from '../common/checks.ts';
import type { Container, Volume, VolumeDevice, VolumeMount } from '../generated/types.ts';
import { checkDescendingPath, hasBackstep } from './path-checks.ts';

/** Volumes of a pod that are in order, by name. */
export type VolumesByName = ReadonlyMap<string, Volume>;

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

const checkPropagation = (errors: Errors, path: string, value: string, container: Container): void => {
  if (!PROPAGATIONS.includes(value)) errors.push(notSupported(path, value, PROPAGATIONS));
  if (value === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbiddenField(path, detail));
  }
};

const checkRecursive = (errors: Errors, path: string, mount: VolumeMount): void => {
  const { recursiveReadOnly: value, readOnly, mountPropagation } = mount;
  if (value === undefined || value === 'Disabled') return;
  if (value !== 'Enabled' && value !== 'IfPossible') {
    errors.push(notSupported(path, value, RECURSIVE));
    return;
  }
  if (readOnly !== true) errors.push(forbiddenField(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'));
  }
};

const checkSubPaths = (errors: Errors, path: string, at: string, mount: VolumeMount): void => {
  const { subPath, subPathExpr } = mount;
  if (subPath) checkDescendingPath(errors, `${path}.subPath`, subPath);
  if (!subPathExpr) return;
  if (subPath) {
    errors.push(
      invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
    );
  }
  checkDescendingPath(errors, `${path}.subPathExpr`, subPathExpr);
};

const checkMountPath = (
  errors: Errors,
  at: string,
  mount: VolumeMount,
  earlier: Set<string>,
  devices: readonly VolumeDevice[],
): void => {
  const { name = '', mountPath = '' } = mount as Partial<VolumeMount>;
  if (mountPath === '') errors.push(required(`${at}.mountPath`));
  if (earlier.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
  earlier.add(mountPath);
  if (devices.some((device) => (device.name ?? '') === name)) {
    errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
  }
  if (devices.some((device) => (device.devicePath ?? '') === mountPath)) {
    errors.push(
      invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'),
    );
  }
};

/** Mounts of a container. Some parts of a mount are told at the list's own path, as upstream does. */
export const checkVolumeMounts = (
  errors: Errors,
  path: string,
  container: Container,
  volumes: VolumesByName,
): void => {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const earlier = new Set<string>();
  volumeMounts.forEach((mount, index) => {
    const at = `${path}[${index}]`;
    const name = mount.name ?? '';
    checkPresent(errors, `${at}.name`, name);
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name));
    checkMountPath(errors, at, mount, earlier, volumeDevices);
    checkSubPaths(errors, path, at, mount);
    const { mountPropagation } = mount;
    if (mountPropagation !== undefined) {
      checkPropagation(errors, `${path}.mountPropagation`, mountPropagation, container);
    }
    checkRecursive(errors, `${path}.recursiveReadOnly`, mount);
  });
};

const checkDeviceName = (errors: Errors, at: string, name: string, volumes: VolumesByName): void => {
  const volume = volumes.get(name);
  if (volume === undefined) errors.push(notFoundField(`${at}.name`, name));
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    errors.push(invalidValue(`${at}.name`, name, detail));
  }
};

/** Block devices of a container. */
export const checkVolumeDevices = (
  errors: Errors,
  path: string,
  container: Container,
  volumes: VolumesByName,
): void => {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const names = new Set<string>();
  const paths = new Set<string>();
  volumeDevices.forEach((device, index) => {
    const at = `${path}[${index}]`;
    const { name = '', devicePath = '' } = device as Partial<VolumeDevice>;
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must be unique'));
    checkDeviceName(errors, at, name, volumes);
    if (devicePath === '') errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must be unique'));
    if (hasBackstep(devicePath)) {
      errors.push(invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (volumeMounts.some((mount) => (mount.name ?? '') === name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (volumeMounts.some((mount) => (mount.mountPath ?? '') === devicePath)) {
      errors.push(
        invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'),
      );
    }
    if (name !== '') names.add(name);
  });
};

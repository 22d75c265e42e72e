/** Rules of the devices of a resource slice (upstream: pkg/apis/resource/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { forbiddenField, invalidValue, required, tooLong } from '../../machinery/field-error.ts';
import { checkLabelName, checkSubdomain, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import type {
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
} from '../generated/types.ts';
import { checkRequestPolicy } from './capacity-policy-validation.ts';
import {
  checkAttributeName,
  checkCounterKey,
  checkCounterName,
  checkList,
  checkMap,
  checkSet,
} from './list-checks.ts';
import { checkBindingParameters, checkDeviceTaint } from './taint-validation.ts';

const MAX_ENTRIES = 32;
const MAX_KEY_BYTES = 63 + 1 + 32;
const MAX_VALUE = 64;
const MAX_TAINTS = 16;
const MAX_CONSUMPTIONS = 2;
const MAX_COUNTERS = 32;
/** How long a DNS label may be: longer keys are cut in paths. */
export const LABEL_BYTES = 63;
const ONE_VALUE = 'exactly one value must be specified';
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

const checkAttribute = (errors: Errors, path: string, attribute: DeviceAttribute): void => {
  const { string: text, version, int, bool } = attribute;
  if (text !== undefined && utf8Length(text) > MAX_VALUE) errors.push(tooLong(`${path}.string`, MAX_VALUE));
  if (version !== undefined) {
    const field = `${path}.version`;
    if (!SEMVER.test(version)) {
      errors.push(invalidValue(field, version, 'must be a string compatible with semver.org spec 2.0.0'));
    }
    if (utf8Length(version) > MAX_VALUE) errors.push(tooLong(field, MAX_VALUE));
  }
  const values = [text, version, int, bool].filter((value) => value !== undefined).length;
  if (values === 0) errors.push(invalidValue(path, '', ONE_VALUE));
  if (values > 1) errors.push(invalidValue(path, internalForm('DeviceAttribute', attribute), ONE_VALUE));
};

const checkCapacity =
  (shared: boolean) =>
  (errors: Errors, path: string, { value, requestPolicy }: DeviceCapacity): void => {
    if (requestPolicy === undefined) return;
    const field = `${path}.requestPolicy`;
    if (shared) checkRequestPolicy(errors, field, value, requestPolicy);
    else errors.push(forbiddenField(field, 'allowMultipleAllocations must be true'));
  };

const checkConsumption = (errors: Errors, path: string, consumption: DeviceCounterConsumption): void => {
  checkCounterName(errors, `${path}.counterSet`, consumption.counterSet);
  checkCounters(errors, `${path}.counters`, consumption.counters);
};

/** Counters by name; every quantity will do. */
export const checkCounters = (
  errors: Errors,
  path: string,
  counters: Readonly<Record<string, unknown>> | null | undefined,
): void => {
  if (Object.keys(counters ?? {}).length === 0) errors.push(required(path));
  const limits = { entries: MAX_COUNTERS, keyBytes: LABEL_BYTES };
  checkMap(errors, path, counters, limits, checkCounterKey, () => undefined);
};

const ONE_PLACE =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
const NO_PLACE =
  '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

const checkPlace = (errors: Errors, path: string, { nodeName, nodeSelector, allNodes }: Device): void => {
  const set: string[] = [];
  if (nodeName === '') errors.push(invalidValue(`${path}.nodeName`, nodeName, 'must not be empty'));
  else if (nodeName !== undefined) {
    set.push('`nodeName`');
    checkSubdomain(errors, `${path}.nodeName`, nodeName);
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    checkNodeSelector(errors, `${path}.nodeSelector`, nodeSelector);
  }
  if (allNodes === true) set.push('`allNodes`');
  if (allNodes === false) {
    errors.push(invalidValue(`${path}.allNodes`, false, 'must be either unset or set to true'));
  }
  if (set.length === 0) errors.push(required(path, ONE_PLACE));
  else if (set.length > 1) errors.push(invalidValue(path, `{${set.join(', ')}}`, ONE_PLACE));
};

const hasPlace = ({ nodeName, nodeSelector, allNodes }: Device): boolean =>
  nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined;

/** One device; `old` is the stored device of that name, `placed` whether each device says where it is. */
export const checkDevice = (
  errors: Errors,
  path: string,
  device: Device,
  old: Device | undefined,
  placed: boolean,
): void => {
  checkLabelName(errors, `${path}.name`, device.name ?? '');
  const { attributes, capacity, taints } = device;
  const entries = Object.keys(attributes ?? {}).length + Object.keys(capacity ?? {}).length;
  if (entries > MAX_ENTRIES) {
    const detail = `the total number of attributes and capacities must not exceed ${MAX_ENTRIES}`;
    errors.push(invalidValue(path, entries, detail));
  }
  const limits = { keyBytes: MAX_KEY_BYTES };
  checkMap(errors, `${path}.attributes`, attributes, limits, checkAttributeName, checkAttribute);
  const checkAmount = checkCapacity(device.allowMultipleAllocations === true);
  checkMap(errors, `${path}.capacity`, capacity, limits, checkAttributeName, checkAmount);
  if (old === undefined || !sameValue(old.taints, taints)) {
    checkList(errors, `${path}.taints`, taints, MAX_TAINTS, checkDeviceTaint);
  }
  const field = `${path}.consumesCounters`;
  const name = ({ counterSet = '' }: DeviceCounterConsumption): string => counterSet;
  checkSet(errors, field, device.consumesCounters, MAX_CONSUMPTIONS, checkConsumption, name);
  if (placed) checkPlace(errors, path, device);
  else if (hasPlace(device)) errors.push(invalidValue(path, null, NO_PLACE));
  checkBindingParameters(errors, path, device);
};

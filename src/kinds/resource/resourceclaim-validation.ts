/** Rules of resource claims and their templates (upstream: pkg/apis/resource/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkImmutable, checkLabelName, checkPresent, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkTemplateMetadata } from '../core/claim-spec-validation.ts';
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
  ResourceClaimTemplate,
  ResourceV1ResourceClaim,
} from '../generated/types.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';
import {
  checkDeviceClaim,
  checkRequestRef,
  checkRequestRefs,
  type RequestNames,
  requestNamesOf,
} from './claim-spec-validation.ts';
import { checkList, checkPoolName, checkSet } from './list-checks.ts';
import { checkOpaque, checkRawObject } from './selector-validation.ts';
import { checkBindingParameters } from './taint-validation.ts';

const MAX_CONSUMERS = 256;
const MAX_RESULTS = 32;
const MAX_CONFIGS = 64;
const MAX_CONDITIONS = 8;
const MAX_DATA = 10 * 1024;
const SOURCES = ['FromClaim', 'FromClass'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Errors of a new claim. */
export const validateResourceClaim = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  checkDeviceClaim(errors, 'spec.devices', (object as ResourceV1ResourceClaim).spec?.devices);
  return errors;
};

/** Errors of a changed claim: the spec stays, and is not judged again. */
export const validateResourceClaimUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const form = internalForm('ResourceClaimSpec', (object as ResourceV1ResourceClaim).spec);
  checkImmutable(
    errors,
    'spec',
    form,
    internalForm('ResourceClaimSpec', (old as ResourceV1ResourceClaim).spec),
  );
  return errors;
};

/** Errors of a new template. */
export const validateResourceClaimTemplate = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { spec } = object as ResourceClaimTemplate;
  checkTemplateMetadata(errors, 'spec.metadata', spec?.metadata);
  checkDeviceClaim(errors, 'spec.spec.devices', spec?.spec?.devices);
  return errors;
};

/** Errors of a changed template: it stays. */
export const validateResourceClaimTemplateUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors = validateResourceClaimTemplate(object);
  const form = internalForm('ResourceClaimTemplateSpec', (object as ResourceClaimTemplate).spec);
  const before = internalForm('ResourceClaimTemplateSpec', (old as ResourceClaimTemplate).spec);
  checkImmutable(errors, 'spec', form, before);
  return errors;
};

const checkConsumer = (errors: Errors, path: string, ref: ResourceClaimConsumerReference): void => {
  checkPresent(errors, `${path}.resource`, ref.resource);
  checkPresent(errors, `${path}.name`, ref.name);
  checkPresent(errors, `${path}.uid`, ref.uid);
};

const checkShare = (errors: Errors, path: string, id: string | undefined): void => {
  if (id === undefined || UUID.test(id)) return;
  const detail = UUID.test(id.toLowerCase())
    ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    : `error validating uid: invalid UUID length: ${id.length}`;
  errors.push(invalidValue(path, id, detail));
};

interface DeviceId {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

const printId = ({ driver = '', pool = '', device = '', shareID }: DeviceId): string =>
  `${driver}/${pool}/${device}${shareID === undefined ? '' : `/${shareID}`}`;

const shownId = ({ driver = '', pool = '', device = '', shareID }: DeviceId) => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID ?? '',
});

const checkDevice =
  (allocated: ReadonlySet<string>) =>
  (errors: Errors, path: string, device: AllocatedDeviceStatus): void => {
    checkCsiDriverName(errors, `${path}.driver`, device.driver);
    checkPoolName(errors, `${path}.pool`, device.pool);
    checkLabelName(errors, `${path}.device`, device.device ?? '');
    checkShare(errors, `${path}.shareID`, device.shareID);
    if (!allocated.has(printId(device))) {
      errors.push(invalidValue(path, shownId(device), 'must be an allocated device in the claim'));
    }
    const conditions = device.conditions ?? [];
    if (conditions.length > MAX_CONDITIONS) {
      errors.push(tooMany(`${path}.conditions`, conditions.length, MAX_CONDITIONS));
    }
    if (device.data !== undefined) checkRawObject(errors, `${path}.data`, device.data, false, MAX_DATA);
    const { interfaceName = '', hardwareAddress = '' } = device.networkData ?? {};
    if (utf8Length(interfaceName) > 256) errors.push(tooLong(`${path}.networkData.interfaceName`, 256));
    if (utf8Length(hardwareAddress) > 128) errors.push(tooLong(`${path}.networkData.hardwareAddress`, 128));
  };

const checkResult =
  (names: RequestNames) =>
  (errors: Errors, path: string, result: DeviceRequestAllocationResult): void => {
    checkRequestRef(names)(errors, `${path}.request`, result.request ?? '');
    checkCsiDriverName(errors, `${path}.driver`, result.driver);
    checkPoolName(errors, `${path}.pool`, result.pool);
    checkLabelName(errors, `${path}.device`, result.device ?? '');
    checkBindingParameters(errors, path, result);
    checkShare(errors, `${path}.shareID`, result.shareID);
  };

const checkResultConfig =
  (names: RequestNames) =>
  (errors: Errors, path: string, config: DeviceAllocationConfiguration): void => {
    const { source = '', requests, opaque } = config;
    if (source === '') errors.push(required(`${path}.source`));
    else if (!SOURCES.includes(source)) errors.push(notSupported(`${path}.source`, source, SOURCES));
    checkRequestRefs(errors, `${path}.requests`, requests, names);
    checkOpaque(errors, path, opaque, false);
  };

const checkAllocation = (
  errors: Errors,
  path: string,
  allocation: AllocationResult,
  names: RequestNames,
): void => {
  const { results, config } = allocation.devices ?? {};
  checkList(errors, `${path}.devices.results`, results, MAX_RESULTS, checkResult(names));
  checkList(errors, `${path}.devices.config`, config, MAX_CONFIGS, checkResultConfig(names));
  if (allocation.nodeSelector) checkNodeSelector(errors, `${path}.nodeSelector`, allocation.nodeSelector);
};

const checkReservations = (
  errors: Errors,
  status: ResourceClaimStatus,
  old: ResourceClaimStatus | undefined,
  deleted: boolean,
): void => {
  const reserved = status.reservedFor ?? [];
  if (reserved.length === 0) return;
  const field = 'status.reservedFor';
  if (status.allocation === undefined) {
    errors.push(forbiddenField(field, 'may not be specified when `allocated` is not set'));
    return;
  }
  const before = old?.reservedFor ?? [];
  if (!deleted || reserved.every((one) => before.some((other) => sameValue(one, other)))) return;
  const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
  errors.push(forbiddenField(field, detail));
};

/** Errors of a changed status: what was allocated stays while it is allocated. */
export const validateResourceClaimStatus = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const claim = object as ResourceV1ResourceClaim;
  const status: Partial<ResourceClaimStatus> = claim.status ?? {};
  const { status: old } = before as ResourceV1ResourceClaim;
  const path = 'status.reservedFor';
  checkSet(errors, path, status.reservedFor, MAX_CONSUMERS, checkConsumer, ({ uid = '' }) => uid);
  const allocated = new Set((status.allocation?.devices?.results ?? []).map(printId));
  const check = checkDevice(allocated);
  checkSet(errors, 'status.devices', status.devices, Number.POSITIVE_INFINITY, check, printId);
  checkReservations(errors, status, old, object.metadata.deletionTimestamp !== undefined);
  const { allocation } = status;
  if (allocation !== undefined && old?.allocation !== undefined) {
    checkImmutable(errors, 'status.allocation', allocation, old.allocation);
  } else if (allocation !== undefined) {
    checkAllocation(errors, 'status.allocation', allocation, requestNamesOf(claim.spec?.devices));
  }
  return errors;
};

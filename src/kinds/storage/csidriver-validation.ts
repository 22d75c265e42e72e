/** Rules of CSI drivers (upstream: pkg/apis/storage/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkImmutable, type Errors } from '../common/checks.ts';
import type { CSIDriver, CSIDriverSpec, StorageV1TokenRequest } from '../generated/types.ts';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const LEAST_TOKEN_SECONDS = 600;
const MOST_TOKEN_SECONDS = 2 ** 32;
const LEAST_UPDATE_SECONDS = 10;

const checkSet = (errors: Errors, field: string, value: boolean | undefined): void => {
  if (value === undefined) errors.push(required(field));
};

const checkTokens = (errors: Errors, requests: readonly StorageV1TokenRequest[] | undefined): void => {
  const audiences = new Set<string>();
  checkEach(
    errors,
    'spec.tokenRequests',
    requests,
    (found, field, { audience = '', expirationSeconds: seconds }) => {
      if (audiences.has(audience)) {
        found.push(duplicate(`${field}.audience`, audience));
        return;
      }
      audiences.add(audience);
      if (seconds === undefined) return;
      const path = `${field}.expirationSeconds`;
      if (seconds < LEAST_TOKEN_SECONDS) {
        found.push(invalidValue(path, seconds, 'may not specify a duration less than 10 minutes'));
      }
      if (seconds > MOST_TOKEN_SECONDS) {
        found.push(invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds'));
      }
    },
  );
};

const check = (spec: Partial<CSIDriverSpec>): FieldError[] => {
  const errors: FieldError[] = [];
  // Upstream spells this one field differently in its refusals.
  checkSet(errors, 'spec.attachedRequired', spec.attachRequired);
  checkSet(errors, 'spec.podInfoOnMount', spec.podInfoOnMount);
  checkSet(errors, 'spec.storageCapacity', spec.storageCapacity);
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period } = spec;
  if (fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)) {
    errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, GROUP_POLICIES));
  }
  checkTokens(errors, spec.tokenRequests);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) {
      errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
    }
  }
  checkSet(errors, 'spec.seLinuxMount', spec.seLinuxMount);
  if (period !== undefined && period < LEAST_UPDATE_SECONDS) {
    const detail = 'must be greater than or equal to 10 seconds';
    errors.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, detail));
  }
  return errors;
};

/** Errors of a new driver. */
export const validateCsiDriver = (object: KubeObject): FieldError[] =>
  check((object as CSIDriver).spec ?? {});

/** Errors of a changed driver: how it attaches and which lifecycles it has stay. */
export const validateCsiDriverUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const { spec = {} as Partial<CSIDriverSpec> } = object as CSIDriver;
  const { spec: old = {} as Partial<CSIDriverSpec> } = before as CSIDriver;
  const errors = check(spec);
  checkImmutable(errors, 'spec.attachedRequired', spec.attachRequired, old.attachRequired);
  checkImmutable(errors, 'spec.volumeLifecycleModes', spec.volumeLifecycleModes, old.volumeLifecycleModes);
  return errors;
};

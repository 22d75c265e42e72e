/** Rules of what a resource claim asks for (upstream: pkg/apis/resource/validation, 1.36). */

import { invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import {
  checkLabelName,
  checkPresent,
  checkSubdomain,
  type Errors,
  MUST_BE_POSITIVE,
} from '../common/checks.ts';
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
} from '../generated/types.ts';
import { checkFullAttributeName, checkList, checkSet } from './list-checks.ts';
import { checkOpaque, checkSelectors } from './selector-validation.ts';
import { checkDeviceTolerations } from './taint-validation.ts';

const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;
const MODES = ['All', 'ExactCount'];
const ONE_KIND = 'exactly one of `exactly` or `firstAvailable` is required';
const ONE_ATTRIBUTE =
  'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
const REQUEST_NAME =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Names of a claim's requests, and of the alternatives of each that has some. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

/** The names that constraints, configurations and results may use. */
export const requestNamesOf = (claim: DeviceClaim | undefined): RequestNames =>
  new Map(
    (claim?.requests ?? []).map(({ name = '', firstAvailable }) => [
      name,
      new Set((firstAvailable ?? []).map((alternative) => alternative.name ?? '')),
    ]),
  );

const isKnown = (name: string, names: RequestNames): boolean => {
  const [request = '', alternative] = name.split('/');
  const alternatives = names.get(request);
  if (alternatives === undefined) return false;
  return alternative === undefined || alternatives.has(alternative);
};

/** A reference to a request, or to an alternative of one. */
export const checkRequestRef =
  (names: RequestNames) =>
  (errors: Errors, path: string, name: string): void => {
    const segments = name.split('/');
    if (segments.length > 2) {
      errors.push(invalidValue(path, name, REQUEST_NAME));
      return;
    }
    for (const segment of segments) checkLabelName(errors, path, segment);
    if (!isKnown(name, names)) errors.push(invalidValue(path, name, REQUEST_NAME));
  };

const itself = (name: string): string => name;

/** References to requests, each once. */
export const checkRequestRefs = (
  errors: Errors,
  path: string,
  refs: readonly string[] | undefined,
  names: RequestNames,
): void => checkSet(errors, path, refs, MAX_REQUESTS, checkRequestRef(names), itself);

const checkCount = (errors: Errors, path: string, mode: string, count: number): void => {
  if (mode === 'All') {
    if (count !== 0) {
      const detail = "must not be specified when allocationMode is 'All'";
      errors.push(invalidValue(`${path}.count`, count, detail));
    }
  } else if (mode === 'ExactCount') {
    if (count <= 0) errors.push(invalidValue(`${path}.count`, count, MUST_BE_POSITIVE));
  } else errors.push(notSupported(`${path}.allocationMode`, mode, MODES));
};

const checkExact = (
  errors: Errors,
  path: string,
  request: ExactDeviceRequest | DeviceSubRequest,
  stored: boolean,
): void => {
  const { deviceClassName, selectors, allocationMode = '', count = 0, tolerations } = request;
  const field = `${path}.deviceClassName`;
  if (checkPresent(errors, field, deviceClassName)) checkSubdomain(errors, field, deviceClassName);
  checkSelectors(errors, `${path}.selectors`, selectors, stored);
  checkCount(errors, path, allocationMode, count);
  checkDeviceTolerations(errors, `${path}.tolerations`, tolerations);
};

const checkRequest =
  (stored: boolean) =>
  (errors: Errors, path: string, { name = '', exactly, firstAvailable }: DeviceRequest): void => {
    checkLabelName(errors, `${path}.name`, name);
    const alternatives = firstAvailable ?? [];
    if (exactly === undefined && alternatives.length === 0) errors.push(required(path, ONE_KIND));
    else if (exactly === undefined) {
      const check = (found: Errors, at: string, alternative: DeviceSubRequest): void => {
        checkLabelName(found, `${at}.name`, alternative.name ?? '');
        checkExact(found, at, alternative, stored);
      };
      const field = `${path}.firstAvailable`;
      checkSet(errors, field, alternatives, MAX_ALTERNATIVES, check, (one) => one.name ?? '');
    } else if (alternatives.length === 0) checkExact(errors, `${path}.exactly`, exactly, stored);
    else errors.push(invalidValue(path, null, `${ONE_KIND}, but multiple fields are set`));
  };

const checkConstraint =
  (names: RequestNames) =>
  (errors: Errors, path: string, constraint: DeviceConstraint): void => {
    const { requests, matchAttribute, distinctAttribute } = constraint;
    checkRequestRefs(errors, `${path}.requests`, requests, names);
    if (matchAttribute !== undefined) {
      checkFullAttributeName(errors, `${path}.matchAttribute`, matchAttribute);
    } else if (distinctAttribute !== undefined) {
      checkFullAttributeName(errors, `${path}.distinctAttribute`, distinctAttribute);
    } else errors.push(required(path, ONE_ATTRIBUTE));
  };

const checkConfig =
  (names: RequestNames, stored: boolean) =>
  (errors: Errors, path: string, { requests, opaque }: DeviceClaimConfiguration): void => {
    checkRequestRefs(errors, `${path}.requests`, requests, names);
    checkOpaque(errors, path, opaque, stored);
  };

/** The devices part of a claim's or a template's spec. */
export const checkDeviceClaim = (errors: Errors, path: string, claim: DeviceClaim | undefined): void => {
  const names = requestNamesOf(claim);
  const { requests, constraints, config } = claim ?? {};
  checkSet(errors, `${path}.requests`, requests, MAX_REQUESTS, checkRequest(false), (one) => one.name ?? '');
  checkList(errors, `${path}.constraints`, constraints, MAX_REQUESTS, checkConstraint(names));
  checkList(errors, `${path}.config`, config, MAX_REQUESTS, checkConfig(names, false));
};

/** Rules of what containers and pods ask for (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { compareQuantity, quantityOf } from '../../machinery/quantity.ts';
import { checkLabelName, type Errors } from '../common/checks.ts';
import type { ContainerResizePolicy, ResourceClaim, ResourceRequirements } from '../generated/types.ts';
import {
  checkContainerResourceName,
  checkResourceAmount,
  checkResourceName,
  isHugePages,
  isOvercommittable,
  isWholePages,
  shownAmount,
} from './resource-names.ts';

export type NameCheck = (errors: Errors, path: string, name: string) => void;

/** Keys in order: upstream walks Go maps, whose order is not settled; the recordings are in order. */
const keysOf = (list: Readonly<Record<string, string>> | undefined): string[] =>
  list === undefined ? [] : Object.keys(list).sort();

const checkHugePages = (errors: Errors, path: string, name: string, amount: string): void => {
  if (!isHugePages(name) || isWholePages(name, amount)) return;
  errors.push(
    invalidValue(
      path,
      shownAmount(amount),
      `${shownAmount(amount)} is not positive integer multiple of ${name}`,
    ),
  );
};

const checkAgainstLimit = (
  errors: Errors,
  path: string,
  name: string,
  amount: string,
  limit: string | undefined,
): void => {
  if (limit === undefined) {
    if (!isOvercommittable(name)) {
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    }
    return;
  }
  const order = compareQuantity(quantityOf(amount), quantityOf(limit));
  const shown = shownAmount(amount);
  const shownLimit = shownAmount(limit);
  if (order !== 0 && !isOvercommittable(name)) {
    errors.push(invalidValue(`${path}.requests`, shown, `must be equal to ${name} limit of ${shownLimit}`));
  } else if (order > 0) {
    errors.push(
      invalidValue(`${path}.requests`, shown, `must be less than or equal to ${name} limit of ${shownLimit}`),
    );
  }
};

const checkClaims = (
  errors: Errors,
  path: string,
  claims: readonly ResourceClaim[],
  podClaims: ReadonlySet<string>,
): void => {
  const names = new Set<string>();
  claims.forEach(({ name = '', request = '' }: Partial<ResourceClaim>, index) => {
    const at = `${path}[${index}]`;
    if (name === '') {
      errors.push(required(at));
      return;
    }
    if (names.has(name)) errors.push(duplicate(at, name));
    else {
      if (request !== '') checkLabelName(errors, `${at}.request`, request);
      const key = request === '' ? name : `${name}/${request}`;
      if (names.has(key)) errors.push(duplicate(at, key));
      else if (request === '') {
        for (const other of names) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      }
      names.add(key);
    }
    if (podClaims.has(name)) return;
    const known = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`;
    errors.push(notFoundField(at, name, `must be one of the names in pod.spec.resourceClaims${known}`));
  });
};

const isComputed = (name: string): boolean => name === 'cpu' || name === 'memory';

/** Limits, requests and claims; `checkName` says which resources there may be. */
export const checkRequirements = (
  errors: Errors,
  path: string,
  requirements: ResourceRequirements | undefined,
  podClaims: ReadonlySet<string>,
  checkName: NameCheck = checkContainerResourceName,
): void => {
  if (requirements === undefined) return;
  const { limits, requests, claims } = requirements;
  let pages = false;
  let computed = false;
  for (const name of keysOf(limits)) {
    const amount = limits?.[name] ?? '';
    const at = `${path}.limits[${name}]`;
    checkName(errors, at, name);
    checkResourceAmount(errors, at, name, amount);
    checkHugePages(errors, at, name, amount);
    pages ||= isHugePages(name);
    computed ||= isComputed(name);
  }
  for (const name of keysOf(requests)) {
    const amount = requests?.[name] ?? '';
    const at = `${path}.requests[${name}]`;
    checkName(errors, at, name);
    checkResourceAmount(errors, at, name, amount);
    checkAgainstLimit(errors, path, name, amount, limits?.[name]);
    checkHugePages(errors, at, name, amount);
    pages ||= isHugePages(name);
    computed ||= isComputed(name);
  }
  if (pages && !computed) errors.push(forbiddenField(path, 'HugePages require cpu or memory'));
  if (claims !== undefined) checkClaims(errors, `${path}.claims`, claims, podClaims);
};

const POD_RESOURCES = ['cpu', 'hugepages-', 'memory'];

/** Resources that can be asked for by a whole pod. */
export const checkPodResourceName: NameCheck = (errors, path, name) => {
  if (!checkResourceName(errors, path, name)) return;
  if (name === 'cpu' || name === 'memory' || isHugePages(name)) return;
  errors.push(notSupported(path, name, POD_RESOURCES));
};

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

/** What happens to a container when its resources change. */
export const checkResizePolicy = (
  errors: Errors,
  path: string,
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string,
): void => {
  if (policies === undefined) return;
  const seen = new Set<string>();
  policies.forEach(({ resourceName = '', restartPolicy = '' }: Partial<ContainerResizePolicy>, index) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName));
    seen.add(resourceName);
    if (resourceName === '') errors.push(required(path));
    else if (!RESIZABLE.includes(resourceName)) errors.push(notSupported(path, resourceName, RESIZABLE));
    if (restartPolicy === '') errors.push(required(path));
    else if (!RESIZE_POLICIES.includes(restartPolicy))
      errors.push(notSupported(path, restartPolicy, RESIZE_POLICIES));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(
        invalidValue(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"),
      );
    }
  });
};

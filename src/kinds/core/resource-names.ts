/** What resources are called and which rules go with a name (pkg/apis/core/helper, 1.36). */

import { invalidValue } from '../../machinery/field-error.ts';
import { dns1123Label, qualifiedName } from '../../machinery/name-rules.ts';
import { parseQuantity, type Quantity, quantityOf } from '../../machinery/quantity.ts';
import { checkQualifiedName, type Errors } from '../common/checks.ts';

const HUGE_PAGES = 'hugepages-';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);

const QUOTA_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

const STANDARD_RESOURCES = new Set([...QUOTA_RESOURCES, 'storage']);

const INTEGER_RESOURCES = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

/** `hugepages-<size>` */
export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES);

const isQuotaHugePages = (name: string): boolean =>
  isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`);

/** A resource of Kubernetes' own: without a prefix, or with one of kubernetes.io. */
export const isNativeResource = (name: string): boolean =>
  !name.includes('/') || name.includes('kubernetes.io/');

/** A resource of somebody else, which devices are counted by. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0;

/** A name that a quota can count without a prefix. */
export const isStandardQuotaResource = (name: string): boolean =>
  QUOTA_RESOURCES.has(name) || isQuotaHugePages(name);

/** More can be promised than there is. */
export const isOvercommittable = (name: string): boolean => isNativeResource(name) && !isHugePages(name);

const isInteger = (name: string): boolean => INTEGER_RESOURCES.has(name) || isExtendedResource(name);

/** Any resource's name. */
export const checkResourceName = (errors: Errors, path: string, name: string): boolean => {
  const before = errors.length;
  checkQualifiedName(errors, path, name);
  if (errors.length > before) return false;
  if (name.includes('/') || STANDARD_RESOURCES.has(name) || isQuotaHugePages(name)) return true;
  errors.push(invalidValue(path, name, 'must be a standard resource type or fully qualified'));
  return false;
};

/** The name of a resource that containers can ask for. */
export const checkContainerResourceName = (errors: Errors, path: string, name: string): void => {
  if (CONTAINER_RESOURCES.has(name)) return;
  checkResourceName(errors, path, name);
  if (!name.includes('/')) {
    if (!isHugePages(name))
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"));
  }
};

/** The name of a resource in a quota. */
export const checkQuotaResourceName = (errors: Errors, path: string, name: string): void => {
  checkResourceName(errors, path, name);
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    errors.push(invalidValue(path, name, 'must be a standard resource for quota'));
  }
};

/**
 * An amount as a refusal shows it. Upstream has no suffix beyond E and leaves it out for larger powers of ten.
 */
export const shownAmount = (amount: string): string =>
  amount.endsWith('000E') ? amount.slice(0, -1).replace(/(?:000)+$/, '') : amount;

/** An amount: not negative, and whole where only whole units make sense. */
export const checkResourceAmount = (errors: Errors, path: string, name: string, amount: string): void => {
  const quantity = quantityOf(amount);
  if (quantity.nano < 0n)
    errors.push(invalidValue(path, shownAmount(amount), 'must be greater than or equal to 0'));
  if (CONTAINER_RESOURCES.has(name)) return;
  if (isInteger(name) && !isWholeByMillis(quantity))
    errors.push(invalidValue(path, shownAmount(amount), 'must be an integer'));
};

const MAX_MILLI = 2n ** 63n - 1n;

/** Upstream counts thousandths in 64 bits: what does not fit is cut to the largest, which is not whole. */
const isWholeByMillis = (quantity: Quantity): boolean => {
  const scaled = quantity.nano / 1_000_000n;
  const milli = scaled > MAX_MILLI ? MAX_MILLI : scaled < -MAX_MILLI ? -MAX_MILLI : scaled;
  return milli % 1000n === 0n && quantity.nano % 1_000_000n === 0n;
};

/** Whether an amount is a whole number of pages of the size in the resource's name. */
export const isWholePages = (name: string, amount: string): boolean => {
  const size = parseQuantity(name.slice(HUGE_PAGES.length));
  if (!size.ok || size.value.nano <= 0n) return false;
  return quantityOf(amount).nano % size.value.nano === 0n;
};

/** A request of a claim is named like a label. */
export const requestName = dns1123Label;

/** Rules of references to fields and resources of a pod, in variables and volumes (pkg/apis/core/validation, 1.36). */

import { invalidValue, notSupported } from '../../machinery/field-error.ts';
import { canonicalResource, quantityOf } from '../../machinery/quantity.ts';
import { checkPresent, checkQualifiedName, type Errors } from '../common/checks.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../generated/types.ts';

/** Field labels that a pod's fields can be asked for by. */
const POD_FIELDS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

/** Fields a variable can show. */
export const VARIABLE_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Fields a file can show. */
export const FILE_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

const SUBSCRIPTED = /^(metadata\.[a-z]+|[^[\]]+)\['(.*)'\]$/s;

const splitSubscript = (path: string): readonly [string, string] | undefined => {
  if (!path.endsWith("']")) return undefined;
  const match = SUBSCRIPTED.exec(path);
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined;
};

/** Why a field path is no field of a pod, or the path as upstream spells it. */
const convertPath = (apiVersion: string, path: string): { ok: boolean; text: string } => {
  if (apiVersion !== 'v1') return { ok: false, text: `unsupported pod version: ${apiVersion}` };
  const subscript = splitSubscript(path);
  if (subscript !== undefined) {
    const [base] = subscript;
    return base === 'metadata.annotations' || base === 'metadata.labels'
      ? { ok: true, text: path }
      : { ok: false, text: `field label does not support subscript: ${path}` };
  }
  if (path === 'spec.host') return { ok: true, text: 'spec.nodeName' };
  return POD_FIELDS.has(path)
    ? { ok: true, text: path }
    : { ok: false, text: `field label not supported: ${path}` };
};

/** A reference to a field of the pod that is among `fields`. */
export const checkFieldRef = (
  errors: Errors,
  path: string,
  ref: ObjectFieldSelector,
  fields: readonly string[],
): void => {
  const { apiVersion, fieldPath } = ref;
  if (!checkPresent(errors, `${path}.apiVersion`, apiVersion)) return;
  if (!checkPresent(errors, `${path}.fieldPath`, fieldPath)) return;
  const found = convertPath(apiVersion ?? '', fieldPath);
  if (!found.ok) {
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${found.text}`));
    return;
  }
  const subscript = splitSubscript(found.text);
  if (subscript !== undefined) {
    const [base, key] = subscript;
    checkQualifiedName(errors, path, base === 'metadata.annotations' ? key.toLowerCase() : key);
  } else if (!fields.includes(found.text)) {
    errors.push(notSupported(`${path}.fieldPath`, found.text, fields));
  }
};

const BYTES = new Set(['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']);
const MILLI = new Set(['1m', '1']);
const BYTE_LIST = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';

const isHugePages = (resource: string): boolean =>
  resource.startsWith('requests.hugepages-') || resource.startsWith('limits.hugepages-');

const divisorsOf = (resource: string): { allowed: ReadonlySet<string>; detail: string } | undefined => {
  if (resource.endsWith('.cpu')) {
    return { allowed: MILLI, detail: "only divisor's values 1m and 1 are supported with the cpu resource" };
  }
  const bytes = (name: string) => ({
    allowed: BYTES,
    detail: `only divisor's values ${BYTE_LIST} are supported with the ${name} resource`,
  });
  if (isHugePages(resource)) return bytes('hugepages');
  if (resource.endsWith('.memory')) return bytes('memory');
  return resource.endsWith('.ephemeral-storage') ? bytes('local ephemeral storage') : undefined;
};

const checkDivisor = (errors: Errors, path: string, resource: string, divisor: string | undefined): void => {
  const quantity = quantityOf(divisor);
  if (quantity.nano === 0n || (!RESOURCES.includes(resource) && !isHugePages(resource))) return;
  const rule = divisorsOf(resource);
  if (rule === undefined || rule.allowed.has(canonicalResource(quantity))) return;
  errors.push(invalidValue(`${path}.divisor`, resource, rule.detail));
};

/** A reference to a limit or request of a container; files must name the container. */
export const checkResourceRef = (
  errors: Errors,
  path: string,
  ref: ResourceFieldSelector,
  needsContainer: boolean,
): void => {
  const { containerName, resource = '', divisor } = ref as Partial<ResourceFieldSelector>;
  if (needsContainer && !containerName) checkPresent(errors, `${path}.containerName`, containerName);
  else if (
    checkPresent(errors, `${path}.resource`, resource) &&
    !RESOURCES.includes(resource) &&
    !isHugePages(resource)
  ) {
    errors.push(notSupported(`${path}.resource`, resource, RESOURCES));
  }
  checkDivisor(errors, path, resource, divisor);
};

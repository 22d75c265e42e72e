import type { ResourceQuota } from '../../kinds/generated/types.ts';
import {
  addQuantity,
  canonicalResource,
  compareQuantity,
  type Quantity,
  quantityOf,
  signOfQuantity,
  subQuantity,
} from '../../machinery/quantity.ts';
import {
  inQuotaScopes,
  missingForQuota,
  quotaNames,
  quotaScopes,
  quotaUsage,
} from '../../machinery/quota-usage.ts';
import { type AdmissionPlugin, type PluginContext, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

type ResourceList = Readonly<Record<string, string>>;

/** Kinds whose updates may cost more than before. */
const CHARGED_ON_UPDATE = ['services', 'persistentvolumeclaims', 'resourceclaims.resource.k8s.io'];

/** Subresources whose updates may. */
const CHARGED_SUBRESOURCES = ['pods/resize', 'persistentvolumeclaims/status'];

const resourceKey = ({ kind }: AdmissionRequest): string =>
  kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;

const isCharged = (request: AdmissionRequest, resource: string): boolean => {
  if (request.subresource) {
    const charged = CHARGED_SUBRESOURCES.includes(`${resource}/${request.subresource}`);
    return charged && request.operation === 'UPDATE';
  }
  return request.operation === 'CREATE' || CHARGED_ON_UPDATE.includes(resource);
};

/** What the write adds: the object's cost, less what the old one cost; zeros are left out. */
const deltaOf = (
  request: AdmissionRequest,
  resource: string,
  context: PluginContext,
): Map<string, Quantity> => {
  const usage = quotaUsage(resource, request.object, context.now);
  const negative = [...usage.keys()].filter((name) => signOfQuantity(usage.get(name) ?? quantityOf('0')) < 0);
  if (negative.length > 0) {
    throw refuse(request, `quota usage is negative for resource(s): ${negative.sort().join(',')}`);
  }
  if (request.operation === 'UPDATE' && request.old !== undefined) {
    for (const [name, before] of quotaUsage(resource, request.old, context.now)) {
      usage.set(name, subQuantity(usage.get(name) ?? quantityOf('0'), before));
    }
  }
  for (const [name, amount] of usage) if (signOfQuantity(amount) === 0) usage.delete(name);
  return usage;
};

/** The quotas that concern the write. Throws 403 where one demands more of the object, or is not counted yet. */
const findQuotas = (
  request: AdmissionRequest,
  resource: string,
  quotas: readonly ResourceQuota[],
): ResourceQuota[] =>
  quotas.filter((quota) => {
    const hard = quota.status?.hard ?? {};
    const names = quotaNames(resource, Object.keys(hard));
    if (names.length === 0 || !inQuotaScopes(resource, quotaScopes(quota.spec), request.object)) return false;
    const missing = missingForQuota(resource, names, request.object);
    if (missing !== undefined) throw refuse(request, `failed quota: ${quota.metadata.name}: ${missing}`);
    if (names.some((name) => quota.status?.used?.[name] === undefined)) {
      throw refuse(
        request,
        `status unknown for quota: ${quota.metadata.name}, resources: ${[...names].sort().join(',')}`,
      );
    }
    return true;
  });

const printAmounts = (names: readonly string[], amount: (name: string) => string): string =>
  names.map((name) => `${name}=${amount(name)}`).join(',');

/** Usage of the quota after the write. Throws 403 when it would exceed the quota. */
const charge = (
  request: AdmissionRequest,
  quota: ResourceQuota,
  delta: ReadonlyMap<string, Quantity>,
): ResourceList => {
  const hard = quota.status?.hard ?? {};
  const used = quota.status?.used ?? {};
  const requested = [...delta.keys()].filter((name) => hard[name] !== undefined).sort();
  const after = (name: string): Quantity =>
    addQuantity(quantityOf(used[name] ?? '0'), delta.get(name) ?? quantityOf('0'));
  const exceeded = requested.filter((name) => compareQuantity(after(name), quantityOf(hard[name])) > 0);
  if (exceeded.length > 0) {
    const parts = [
      `requested: ${printAmounts(exceeded, (name) => canonicalResource(delta.get(name) ?? quantityOf('0')))}`,
      `used: ${printAmounts(exceeded, (name) => used[name] ?? '0')}`,
      `limited: ${printAmounts(exceeded, (name) => hard[name] ?? '0')}`,
    ];
    throw refuse(request, `exceeded quota: ${quota.metadata.name}, ${parts.join(', ')}`);
  }
  return { ...used, ...Object.fromEntries(requested.map((name) => [name, canonicalResource(after(name))])) };
};

/**
 * Keeps a namespace within its quotas. Usage is counted up in the transaction of the write, so that no two
 * writes can share the last of it; the quota controller counts it down (plugin resourcequota of the API server).
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  operations: ['CREATE', 'UPDATE'],
  resources: ['*'],
  validate: (request, context) => {
    const resource = resourceKey(request);
    if (request.namespace === '' || resource === 'namespaces' || request.kind.virtual) return;
    if (!isCharged(request, resource)) return;
    const quotas = context.lookup.list('resourcequotas', request.namespace);
    if (quotas.length === 0) return;
    const concerned = findQuotas(request, resource, quotas);
    if (concerned.length === 0) return;
    const delta = deltaOf(request, resource, context);
    if (delta.size === 0) return;
    const outcomes = concerned.map((quota) => ({ quota, used: charge(request, quota, delta) }));
    if (request.dryRun) return;
    for (const { quota, used } of outcomes) {
      context.updateQuotaStatus(request.namespace, quota.metadata.name ?? '', { ...quota.status, used });
    }
  },
};

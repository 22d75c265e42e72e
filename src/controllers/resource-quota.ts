import type { Lookup } from '../kinds/define.ts';
import type { ResourceName, ResourceQuota } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject } from '../machinery/object.ts';
import { addQuantity, canonicalResource, type Quantity, wholeQuantity } from '../machinery/quantity.ts';
import {
  inQuotaScopes,
  quotaNames,
  quotaScopes,
  quotaUsage,
  specialQuotaResources,
} from '../machinery/quota-usage.ts';
import type { Instant } from '../machinery/time.ts';
import { type Controller, keyOf, type ObjectChange, splitKey, watch, watchEverything } from './contract.ts';

const COUNT = 'count/';

const quotaKeys = ({ op, object, previous }: ObjectChange<ResourceQuota>): readonly string[] => {
  if (op === 'delete') return [];
  const counted = deepEqual(object.status?.hard ?? {}, object.spec?.hard ?? {});
  const same = op === 'update' && deepEqual(object.spec, previous?.spec);
  return counted && same ? [] : [keyOf(object)];
};

/** Kinds whose cost may go down, or (pods) end, without the object going away. */
const SHRINKING: readonly string[] = ['Pod', 'Service', 'PersistentVolumeClaim', 'ResourceClaim'];

const mayFree = ({ op, object, previous }: ObjectChange): boolean => {
  if (op === 'delete') return true;
  if (op === 'create' || !SHRINKING.includes(object.kind)) return false;
  if (object.kind !== 'Pod') return !deepEqual(specOf(object), specOf(previous));
  return phaseOf(object) !== phaseOf(previous) || !deepEqual(specOf(object), specOf(previous));
};

const specOf = (object: KubeObject | undefined): unknown =>
  (object as { readonly spec?: unknown } | undefined)?.spec;

const phaseOf = (object: KubeObject | undefined): string =>
  (object as { readonly status?: { readonly phase?: string } } | undefined)?.status?.phase ?? '';

/** Quotas of the namespace in which something was freed; what is added is counted by admission. */
const freedKeys = (change: ObjectChange, lookup: Lookup): readonly string[] => {
  const namespace = change.object.metadata.namespace;
  if (namespace === undefined || !mayFree(change)) return [];
  return lookup.list('resourcequotas', namespace).map(keyOf);
};

/** The resources to look at for the names a quota limits. */
const resourcesFor = (names: readonly string[]): readonly string[] => [
  ...new Set([
    ...specialQuotaResources.filter((resource) => quotaNames(resource, names).length > 0),
    ...names.filter((name) => name.startsWith(COUNT)).map((name) => name.slice(COUNT.length)),
  ]),
];

/** What everything in the namespace costs against the quota, for each name it limits. */
const countUsage = (
  lookup: Lookup,
  quota: ResourceQuota,
  namespace: string,
  now: Instant,
): Record<string, string> => {
  const names = Object.keys(quota.spec?.hard ?? {});
  const used = new Map<string, Quantity>(names.map((name) => [name, wholeQuantity(0)]));
  const scopes = quotaScopes(quota.spec);
  for (const resource of resourcesFor(names)) {
    // The name may be that of a custom resource; the lookup answers with nothing when it is unknown.
    for (const object of lookup.list(resource as ResourceName, namespace)) {
      if (!inQuotaScopes(resource, scopes, object)) continue;
      for (const [name, amount] of quotaUsage(resource, object, now)) {
        const sum = used.get(name);
        if (sum !== undefined) used.set(name, addQuantity(sum, amount));
      }
    }
  }
  return Object.fromEntries([...used].map(([name, amount]) => [name, canonicalResource(amount)]));
};

/**
 * Keeps the status of quotas: counts anew when a quota is made or changed and when something in its namespace
 * is freed (pkg/controller/resourcequota). Admission counts up in between.
 */
export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  watches: [watch('resourcequotas', quotaKeys), watchEverything(freedKeys)],
  reconcile: ({ lookup, client, now }, key) => {
    const { namespace, name } = splitKey(key);
    const quota = lookup.get('resourcequotas', namespace, name);
    if (quota === undefined) return undefined;
    const hard = quota.spec?.hard ?? {};
    const used = countUsage(lookup, quota, namespace, now);
    if (deepEqual(quota.status?.hard ?? {}, hard) && deepEqual(quota.status?.used ?? {}, used))
      return undefined;
    client.updateStatus('resourcequotas', namespace, name, (current) => ({
      ...current,
      status: { hard, used },
    }));
    return undefined;
  },
};

/** Usage of pods in their cluster: what they take of themselves, and what the requests of others cost them. */

import type { Lookup } from '../../kinds/define.ts';
import type { Pod, Service } from '../../kinds/generated/types.ts';
import { demandOf, type RequestLoop, requestLoopOf } from '../../machinery/load.ts';
import { type ContainerUsage, podUsage, requestCostMs } from '../../machinery/usage.ts';
import { findCondition } from './conditions.ts';

/** `name`, `name.namespace`, `name.namespace.svc...`: the namespace a host name leads to. */
const hostParts = (host: string, home: string): readonly [name: string, namespace: string] => {
  const [name = '', namespace = home] = host.split('.');
  return [name, namespace];
};

/** What was read from a spec once; specs are frozen, so that it stays true. */
const known = new WeakMap<object, readonly RequestLoop[]>();

const loopsOf = ({ spec }: Pod): readonly RequestLoop[] => {
  if (spec === undefined) return [];
  const read = known.get(spec) ?? spec.containers.flatMap((container) => requestLoopOf(container) ?? []);
  known.set(spec, read);
  return read;
};

/** Namespaces whose services the pod asks in a loop. */
export const loadedNamespaces = (pod: Pod): readonly string[] =>
  loopsOf(pod).map(({ host }) => hostParts(host, pod.metadata.namespace ?? '')[1]);

const VARIABLE = /^\$\{?(\w+)_SERVICE_HOST\}?$/;

const serviceOf = (lookup: Lookup, host: string, home: string): Service | undefined => {
  const variable = VARIABLE.exec(host)?.[1];
  if (variable !== undefined) {
    const name = variable.toLowerCase().replaceAll('_', '-');
    return lookup.get('services', home, name);
  }
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return lookup.list('services').find(({ spec }) => spec?.clusterIP === host);
  }
  const [name, namespace] = hostParts(host, home);
  return lookup.get('services', namespace, name);
};

const isServing = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  findCondition(pod.status?.conditions, 'Ready')?.status === 'True';

const backendsOf = (lookup: Lookup, service: Service): readonly Pod[] => {
  const wanted = Object.entries(service.spec?.selector ?? {});
  if (wanted.length === 0) return [];
  return lookup
    .list('pods', service.metadata.namespace ?? '')
    .filter((pod) => isServing(pod) && wanted.every(([key, value]) => pod.metadata.labels?.[key] === value));
};

/** CPU (thousandths of a core) that requests cost each pod, by uid. */
const demands = (lookup: Lookup): ReadonlyMap<string, number> => {
  const result = new Map<string, number>();
  for (const pod of lookup.list('pods')) {
    if (pod.status?.phase !== 'Running') continue;
    for (const loop of loopsOf(pod)) {
      const service = serviceOf(lookup, loop.host, pod.metadata.namespace ?? '');
      const backends = service === undefined ? [] : backendsOf(lookup, service);
      for (const backend of backends) {
        const uid = backend.metadata.uid ?? '';
        const cost = requestCostMs(backend.spec?.containers[0]?.image);
        const share = demandOf(loop, cost) / backends.length;
        result.set(uid, (result.get(uid) ?? 0) + share);
      }
    }
  }
  return result;
};

/** Usage of a pod's containers; `undefined` when there are no metrics of it. */
export type UsageOf = (pod: Pod) => readonly ContainerUsage[] | undefined;

/** Usage of pods as of now. Ask one of these for many pods: who loads whom is looked up once. */
export const makeUsage = (lookup: Lookup): UsageOf => {
  let known: ReadonlyMap<string, number> | undefined;
  return (pod) => {
    known ??= demands(lookup);
    const namespace = lookup.get('namespaces', '', pod.metadata.namespace ?? '');
    return podUsage(pod as never, namespace, known.get(pod.metadata.uid ?? ''));
  };
};

import type { Lookup } from '../../src/kinds/define.ts';
import type { KubeObject } from '../../src/machinery/object.ts';

const plurals: Readonly<Record<string, string>> = {
  Endpoints: 'endpoints',
  Ingress: 'ingresses',
  StorageClass: 'storageclasses',
  IngressClass: 'ingressclasses',
  RuntimeClass: 'runtimeclasses',
  PriorityClass: 'priorityclasses',
  NetworkPolicy: 'networkpolicies',
};

/** `roles.rbac.authorization.k8s.io` of an object; regular plurals and the few listed. */
export const resourceOf = (object: KubeObject): string => {
  const [group, version] = object.apiVersion.split('/');
  const plural = plurals[object.kind] ?? `${object.kind.toLowerCase()}s`;
  return version === undefined ? plural : `${plural}.${group}`;
};

/** A lookup over objects in memory, for tests of pure rules. Later objects replace earlier ones of the same key. */
export const makeMemoryLookup = (objects: readonly KubeObject[]): Lookup => {
  const keyed = new Map<string, KubeObject>();
  const keyOf = (resource: string, namespace: string, name: string) => `${resource}/${namespace}/${name}`;
  for (const object of objects) {
    keyed.set(keyOf(resourceOf(object), object.metadata.namespace ?? '', object.metadata.name ?? ''), object);
  }
  const sorted = [...keyed].sort(([one], [other]) => (one < other ? -1 : 1));
  const lookup = {
    get: (resource: string, namespace: string, name: string) => keyed.get(keyOf(resource, namespace, name)),
    list: (resource: string, namespace?: string) =>
      sorted
        .filter(([key]) =>
          key.startsWith(namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`),
        )
        .map(([, object]) => object),
    byIndex: () => [],
    getByKind: () => undefined,
    isNamespaced: () => undefined,
    inNamespace: () => [],
  };
  return lookup as unknown as Lookup;
};

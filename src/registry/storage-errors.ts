/** Refusals of the storage in upstream's words (apiserver pkg/storage/errors.go, 1.36). They tell where an object lies. */
import type { Kind } from '../kinds/define.ts';
import { printResource } from '../machinery/status.ts';
import type { Target } from './contract.ts';

/** Places that are not called by the resource (pkg/kubeapiserver/default_storage_factory_builder.go). */
const PLACES: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  'ingresses.networking.k8s.io': 'ingress',
};

/** Groups of servers of their own, which lie below their group, as custom ones do. */
const APART = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

const placeOf = (kind: Kind): string => {
  if (kind.custom === true || APART.has(kind.group)) return `${kind.group}/${kind.resource}`;
  return PLACES[printResource(kind)] ?? kind.resource;
};

/** The key upstream's etcd has an object under. */
export const etcdKey = ({ kind, namespace, name = '' }: Target): string =>
  ['/registry', placeOf(kind), ...(namespace === '' ? [] : [namespace]), name].join('/');

/** Why the storage refuses a write whose precondition does not hold. */
export const preconditionFailed = (
  target: Target,
  what: 'UID' | 'ResourceVersion',
  wanted: string,
  found: string | undefined,
): string =>
  `StorageError: invalid object, Code: 4, Key: ${etcdKey(target)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found ?? ''}`;

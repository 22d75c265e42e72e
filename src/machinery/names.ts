/** Names of groups, versions, resources and stored keys. */

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** `apps/v1`, or `v1` in the core group. */
export const printGroupVersion = (gv: GroupVersion): string =>
  gv.group === '' ? gv.version : `${gv.group}/${gv.version}`;

/** Splits an apiVersion; more than one slash is `undefined`. The empty text is the empty version of core. */
export const parseGroupVersion = (text: string): GroupVersion | undefined => {
  const parts = text.split('/');
  if (parts.length === 1) return { group: '', version: parts[0] ?? '' };
  if (parts.length === 2) return { group: parts[0] ?? '', version: parts[1] ?? '' };
  return undefined;
};

/**
 * Where an object is stored: `group/resource/namespace/name`, with an empty namespace for cluster-scoped
 * kinds. Byte order of keys is the order of lists, as in etcd.
 */
export const objectKey = (group: string, resource: string, namespace: string, name: string): string =>
  `${group}/${resource}/${namespace}/${name}`;

/** Prefix of every key of a resource, or of one namespace of it. Ends in `/`. */
export const keyPrefix = (group: string, resource: string, namespace?: string): string =>
  namespace === undefined ? `${group}/${resource}/` : `${group}/${resource}/${namespace}/`;

export interface KeyParts {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The inverse of `objectKey`. Names of RBAC objects may contain `:` but never `/`. */
export const parseKey = (key: string): KeyParts => {
  const [group = '', resource = '', namespace = '', name = ''] = key.split('/');
  return { group, resource, namespace, name };
};

/** `deployments.apps`, or `pods` in the core group: how code and RBAC refusals name a resource. */
export const resourceName = (group: string, resource: string): string =>
  group === '' ? resource : `${resource}.${group}`;

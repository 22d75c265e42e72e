/** What a container or a pod needs of other objects, and the kubelet's words when it is missing. */

import type { Lookup } from '../kinds/define.ts';
import type { ConfigMap, Container, Pod, Secret } from '../kinds/generated/types.ts';

type Source = 'configmaps' | 'secrets';
const WORD: Readonly<Record<Source, string>> = { configmaps: 'configmap', secrets: 'secret' };

const hasKey = (object: ConfigMap | Secret, key: string): boolean => {
  const { data, binaryData } = object as ConfigMap;
  return data?.[key] !== undefined || binaryData?.[key] !== undefined;
};

const missingKey = (
  lookup: Lookup,
  namespace: string,
  source: Source,
  reference: { readonly name?: string; readonly key: string; readonly optional?: boolean },
): string | undefined => {
  const { name = '', key, optional } = reference;
  const object = lookup.get(source, namespace, name);
  if (optional === true) return undefined;
  if (object === undefined) return `${WORD[source]} "${name}" not found`;
  if (hasKey(object, key)) return undefined;
  const kind = source === 'configmaps' ? 'ConfigMap' : 'Secret';
  return `couldn't find key ${key} in ${kind} ${namespace}/${name}`;
};

const missingWhole = (
  lookup: Lookup,
  namespace: string,
  source: Source,
  reference: { readonly name?: string; readonly optional?: boolean } | undefined,
): string | undefined => {
  if (reference === undefined || reference.optional === true) return undefined;
  const { name = '' } = reference;
  return lookup.get(source, namespace, name) === undefined
    ? `${WORD[source]} "${name}" not found`
    : undefined;
};

/**
 * Why the container's environment cannot be made, in upstream's words (pkg/kubelet/kubelet_pods.go
 * makeEnvironmentVariables); `undefined` when it can.
 */
export const missingForEnvironment = (pod: Pod, container: Container, lookup: Lookup): string | undefined => {
  const namespace = pod.metadata.namespace ?? '';
  for (const from of container.envFrom ?? []) {
    const missing =
      missingWhole(lookup, namespace, 'configmaps', from.configMapRef) ??
      missingWhole(lookup, namespace, 'secrets', from.secretRef);
    if (missing !== undefined) return missing;
  }
  for (const { valueFrom } of container.env ?? []) {
    const config = valueFrom?.configMapKeyRef;
    const secret = valueFrom?.secretKeyRef;
    const missing =
      (config && missingKey(lookup, namespace, 'configmaps', config)) ??
      (secret && missingKey(lookup, namespace, 'secrets', secret));
    if (missing !== undefined) return missing;
  }
  return undefined;
};

/**
 * Why the container must not run as the user it would run as, in upstream's words (pkg/kubelet/kuberuntime
 * security_context.go verifyRunAsNonRoot); `undefined` when it may. `imageUser` is the image's, where it is known.
 */
export const rootRefusal = (
  pod: Pod,
  container: Container,
  imageUser: number | string | undefined,
): string | undefined => {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  if ((own?.runAsNonRoot ?? shared?.runAsNonRoot) !== true) return undefined;
  const where = `(pod: "${podLabel(pod)}", container: ${container.name})`;
  const runAsUser = own?.runAsUser ?? shared?.runAsUser;
  if (runAsUser !== undefined)
    return runAsUser === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  if (imageUser === 0) return `container has runAsNonRoot and image will run as root ${where}`;
  return typeof imageUser === 'string'
    ? `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`
    : undefined;
};

/** A pod as the kubelet names it in texts: `name_namespace(uid)`. */
export const podLabel = (pod: Pod): string =>
  `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;

interface Needed {
  readonly source: Source;
  readonly name: string;
  readonly optional: boolean;
  readonly keys: readonly string[];
}

const need = (
  source: Source,
  name: string | undefined,
  from: { readonly optional?: boolean; readonly items?: readonly { readonly key: string }[] },
): Needed => ({
  source,
  name: name ?? '',
  optional: from.optional === true,
  keys: (from.items ?? []).map(({ key }) => key),
});

const neededBy = (volume: NonNullable<NonNullable<Pod['spec']>['volumes']>[number]): readonly Needed[] => [
  ...(volume.configMap ? [need('configmaps', volume.configMap.name, volume.configMap)] : []),
  ...(volume.secret ? [need('secrets', volume.secret.secretName, volume.secret)] : []),
  ...(volume.projected?.sources ?? []).flatMap((source) => [
    ...(source.configMap ? [need('configmaps', source.configMap.name, source.configMap)] : []),
    ...(source.secret ? [need('secrets', source.secret.name, source.secret)] : []),
  ]),
];

export interface MissingVolume {
  readonly volume: string;
  /** The text of the FailedMount event. */
  readonly message: string;
}

const problemOf = (needed: Needed, namespace: string, lookup: Lookup): string | undefined => {
  if (needed.optional) return undefined;
  const object = lookup.get(needed.source, namespace, needed.name);
  if (object === undefined) return `${WORD[needed.source]} "${needed.name}" not found`;
  const absent = needed.keys.find((key) => !hasKey(object, key));
  if (absent === undefined) return undefined;
  return needed.source === 'secrets'
    ? `references non-existent secret key: ${absent}`
    : `configmap references non-existent config key: ${absent}`;
};

/** The volumes that cannot be mounted, in the pod's order. */
export const missingVolumes = (pod: Pod, lookup: Lookup): readonly MissingVolume[] => {
  const namespace = pod.metadata.namespace ?? '';
  const missing: MissingVolume[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    for (const needed of neededBy(volume)) {
      const problem = problemOf(needed, namespace, lookup);
      if (problem === undefined) continue;
      missing.push({
        volume: volume.name,
        message: `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`,
      });
      break;
    }
  }
  return missing;
};

/** The objects a pod names in its own namespace (pkg/api/pod, VisitPodSecretNames and its siblings). */

import type { Container, Pod, PodSpec, Volume } from '../kinds/generated/types.ts';

export interface PodReferences {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  /** Claims of volumes, those of ephemeral volumes under their derived name. */
  readonly claims: ReadonlySet<string>;
}

type Named = { readonly name?: string } | undefined;

interface Collector {
  readonly secret: (ref: Named) => void;
  readonly configMap: (ref: Named) => void;
  readonly claim: (name: string | undefined) => void;
}

/** Every container of a pod spec in the order init, normal, ephemeral. */
export const allContainers = (spec: PodSpec | undefined): readonly Container[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...((spec?.ephemeralContainers ?? []) as readonly Container[]),
];

const visitContainer = (container: Container, collect: Collector): void => {
  for (const source of container.envFrom ?? []) {
    collect.secret(source.secretRef);
    collect.configMap(source.configMapRef);
  }
  for (const entry of container.env ?? []) {
    collect.secret(entry.valueFrom?.secretKeyRef);
    collect.configMap(entry.valueFrom?.configMapKeyRef);
  }
};

const visitVolume = (volume: Volume, podName: string, collect: Collector): void => {
  collect.secret(volume.secret && { name: volume.secret.secretName });
  collect.configMap(volume.configMap);
  for (const source of volume.projected?.sources ?? []) {
    collect.secret(source.secret);
    collect.configMap(source.configMap);
  }
  collect.secret(volume.azureFile && { name: volume.azureFile.secretName });
  for (const source of [
    volume.cephfs,
    volume.cinder,
    volume.flexVolume,
    volume.rbd,
    volume.scaleIO,
    volume.iscsi,
    volume.storageos,
  ]) {
    collect.secret(source?.secretRef);
  }
  collect.secret(volume.csi?.nodePublishSecretRef);
  collect.claim(volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral) collect.claim(`${podName}-${volume.name}`);
};

/** Collects the references; `undefined` and empty names are left out. */
export const podReferences = (pod: Pod): PodReferences => {
  const secrets = new Set<string>();
  const configMaps = new Set<string>();
  const claims = new Set<string>();
  const collect: Collector = {
    secret: (ref) => ref?.name && secrets.add(ref.name),
    configMap: (ref) => ref?.name && configMaps.add(ref.name),
    claim: (name) => name && claims.add(name),
  };
  for (const secret of pod.spec?.imagePullSecrets ?? []) collect.secret(secret);
  for (const container of allContainers(pod.spec)) visitContainer(container, collect);
  for (const volume of pod.spec?.volumes ?? []) visitVolume(volume, pod.metadata.name ?? '', collect);
  return { secrets, configMaps, claims };
};

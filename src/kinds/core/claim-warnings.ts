/** Warnings about volumes and claims (upstream: pkg/api/persistentvolume{,claim}, 1.36). */

import type { KubeObject } from '../../machinery/object.ts';
import { selectorTermWarnings } from '../common/label-warnings.ts';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../generated/types.ts';
import { claimSpecWarnings } from './resource-warnings.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

const annotationWarnings = ({ metadata }: KubeObject): string[] => {
  if (metadata.annotations?.[CLASS_ANNOTATION] === undefined) return [];
  const text = 'deprecated since v1.8; use "storageClassName" attribute instead';
  return [`metadata.annotations[${CLASS_ANNOTATION}]: ${text}`];
};

const PLUGINS: readonly (readonly [keyof PersistentVolumeSpec, string, string])[] = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** Warnings about a claim. */
export const claimWarnings = (object: KubeObject): string[] => [
  ...annotationWarnings(object),
  ...claimSpecWarnings((object as PersistentVolumeClaim).spec, 'spec'),
];

/** Warnings about a persistent volume. */
export const persistentVolumeWarnings = (object: KubeObject): string[] => {
  const { spec } = object as PersistentVolume;
  const warnings = annotationWarnings(object);
  if (spec?.persistentVolumeReclaimPolicy === 'Recycle') {
    const text = 'Instead, the recommended approach is to use dynamic provisioning.';
    warnings.push(`spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. ${text}`);
  }
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  for (const [index, term] of terms.entries()) {
    warnings.push(...selectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`));
  }
  for (const [field, shown, message] of PLUGINS) {
    if (spec?.[field] !== undefined) warnings.push(`spec.${shown}: ${message}`);
  }
  return warnings;
};

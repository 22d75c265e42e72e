/** Rules of new pods (pkg/apis/core/validation ValidatePodCreate, 1.36). */

import { type FieldError, forbiddenField } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Errors } from '../common/checks.ts';
import type { Pod, PodSpec } from '../generated/types.ts';
import { checkImagePadding } from './container-validation.ts';
import { checkPodAnnotations, checkProfilesAgree } from './pod-annotation-validation.ts';
import { checkPodSpec, placedContainers } from './pod-spec-validation.ts';

/** An absent spec is judged as an empty one. */
export const specOfPod = (pod: Pod): PodSpec => (pod as { readonly spec?: PodSpec }).spec ?? ({} as PodSpec);

const MIRROR = 'kubernetes.io/config.mirror';

/** Whether the pod mirrors a file of its node. */
export const isMirrorPod = (pod: Pod): boolean => pod.metadata.annotations?.[MIRROR] !== undefined;

const checkTokens = (errors: Errors, spec: PodSpec): void => {
  if (spec.serviceAccountName) return;
  spec.volumes?.forEach(({ projected }, index) => {
    projected?.sources?.forEach(({ serviceAccountToken }, source) => {
      if (!serviceAccountToken) return;
      const at = `spec.volumes[${index}].projected.sources[${source}].serviceAccountToken`;
      errors.push(forbiddenField(at, 'must not be specified when serviceAccountName is not set'));
    });
  });
};

/** What every write of a pod's spec must satisfy (upstream's validatePodMetadataAndSpec but for the metadata). */
export const checkWholePod = (errors: Errors, pod: Pod): void => {
  const spec = specOfPod(pod);
  const { name = '', annotations } = pod.metadata;
  const containers = placedContainers('spec', spec);
  checkPodAnnotations(errors, 'metadata.annotations', annotations, spec, containers);
  checkPodSpec(errors, 'spec', spec, { podName: name, isPod: true, isMirror: isMirrorPod(pod) }, containers);
  checkTokens(errors, spec);
  spec.containers?.forEach(({ image }, index) => {
    checkImagePadding(errors, `spec.containers[${index}]`, image);
  });
  spec.initContainers?.forEach(({ image }, index) => {
    checkImagePadding(errors, `spec.initContainers[${index}]`, image);
  });
};

/** A new pod. */
export const validatePod = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const pod = object as Pod;
  const spec = specOfPod(pod);
  checkWholePod(errors, pod);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  const { annotations } = pod.metadata;
  checkProfilesAgree(errors, 'spec', annotations, spec, placedContainers('spec', spec));
  return errors;
};

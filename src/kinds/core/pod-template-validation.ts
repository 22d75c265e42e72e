/** Rules of pod templates, for every kind that has one (pkg/apis/core/validation ValidatePodTemplateSpec, 1.36). */

import { forbiddenField } from '../../machinery/field-error.ts';
import { checkAnnotations, checkLabels, type Errors } from '../common/checks.ts';
import type { PodSpec, PodTemplateSpec } from '../generated/types.ts';
import { checkPodAnnotations, checkProfilesAgree } from './pod-annotation-validation.ts';
import { checkPodSpec, placedContainers, TEMPLATE } from './pod-spec-validation.ts';

/** An absent spec is judged as an empty one. */
export const specOfTemplate = (template: PodTemplateSpec | undefined): PodSpec =>
  template?.spec ?? ({} as PodSpec);

/** A template with its metadata. */
export const checkPodTemplate = (
  errors: Errors,
  path: string,
  template: PodTemplateSpec | undefined,
): void => {
  const spec = specOfTemplate(template);
  const { labels, annotations } = template?.metadata ?? {};
  const containers = placedContainers(`${path}.spec`, spec);
  checkLabels(errors, `${path}.labels`, labels);
  checkAnnotations(errors, `${path}.annotations`, annotations);
  checkPodAnnotations(errors, `${path}.annotations`, annotations, spec, containers);
  checkPodSpec(errors, `${path}.spec`, spec, TEMPLATE, containers);
  checkProfilesAgree(errors, `${path}.spec`, annotations, spec, containers);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(
      forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    );
  }
};

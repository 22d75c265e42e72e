/** Rules of pod templates as objects (pkg/apis/core/validation, 1.36). */

import type { FieldError } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { PodTemplate } from '../generated/types.ts';
import { checkPodTemplate } from './pod-template-validation.ts';

/** A new or a changed template. */
export const validatePodTemplate = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkPodTemplate(errors, 'template', (object as Partial<PodTemplate>).template);
  return errors;
};

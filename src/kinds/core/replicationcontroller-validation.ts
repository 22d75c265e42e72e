/** Rules of replication controllers (pkg/apis/core/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelMap, matchesLabels } from '../../machinery/selector.ts';
import { checkNonNegative, type Errors } from '../common/checks.ts';
import { sortedMap } from '../common/label-selector-validation.ts';
import { checkAlwaysRestarted } from '../common/workload-validation.ts';
import type { ReplicationController, ReplicationControllerSpec } from '../generated/types.ts';
import { checkPodTemplate } from './pod-template-validation.ts';

const checkTemplate = (errors: Errors, spec: ReplicationControllerSpec): void => {
  const { template, selector } = spec;
  if (template === undefined) {
    errors.push(required('spec.template'));
    return;
  }
  const labels = template.metadata?.labels;
  if (!matchesLabels(fromLabelMap(selector), labels)) {
    const at = 'spec.template.metadata.labels';
    errors.push(invalidValue(at, sortedMap(labels), '`selector` does not match template `labels`'));
  }
  checkPodTemplate(errors, 'spec.template', template);
  checkAlwaysRestarted(errors, 'spec.template', template, 'ReplicationController');
};

/** A new or a changed replication controller. */
export const validateReplicationController = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const spec = (object as Partial<ReplicationController>).spec ?? {};
  checkNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'));
  if (spec.replicas === undefined) errors.push(required('spec.replicas'));
  else checkNonNegative(errors, 'spec.replicas', spec.replicas);
  checkTemplate(errors, spec);
  return errors;
};

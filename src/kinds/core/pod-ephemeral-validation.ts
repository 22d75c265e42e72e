/** Rules of adding ephemeral containers (pkg/apis/core/validation ValidatePodEphemeralContainersUpdate, 1.36). */

import { semanticEqual } from '../../machinery/deep.ts';
import { type FieldError, forbiddenField } from '../../machinery/field-error.ts';
import { internalForm } from '../common/internal-form.ts';
import { jsonDiff } from '../common/line-diff.ts';
import type { Pod } from '../generated/types.ts';
import { checkAnnotationChange, checkPodAnnotations } from './pod-annotation-validation.ts';
import { placedContainers } from './pod-spec-validation.ts';
import { checkWholePod, isMirrorPod, specOfPod } from './pod-validation.ts';

const PATH = 'spec.ephemeralContainers';

/** How upstream prints the path of the whole object. */
const WHOLE = '[]';

/** Ephemeral containers can be added, never changed or removed. */
export const checkEphemeralChange = (pod: Pod, old: Pod): readonly FieldError[] => {
  if (isMirrorPod(old)) return [forbiddenField(WHOLE, 'static pods do not support ephemeral containers')];
  const errors: FieldError[] = [];
  const spec = specOfPod(pod);
  checkWholePod(errors, pod);
  const annotations = pod.metadata.annotations ?? {};
  checkAnnotationChange(errors, 'metadata.annotations', annotations, old.metadata.annotations ?? {});
  checkPodAnnotations(errors, 'metadata.annotations', annotations, spec, placedContainers('spec', spec));
  for (const before of specOfPod(old).ephemeralContainers ?? []) {
    const now = (spec.ephemeralContainers ?? []).findLast(({ name }) => name === before.name);
    const name = JSON.stringify(before.name);
    if (now === undefined) {
      errors.push(forbiddenField(PATH, `existing ephemeral containers ${name} may not be removed\n`));
    } else if (!semanticEqual(now, before)) {
      const forms = [before, now].map((container) => internalForm('EphemeralContainer', container));
      const difference = jsonDiff(forms[0], forms[1]);
      const detail = `existing ephemeral containers ${name} may not be changed\n${difference}`;
      if (difference !== '') errors.push(forbiddenField(PATH, detail));
    }
  }
  return errors;
};

/** Rules of changed pods (pkg/apis/core/validation ValidatePodUpdate, 1.36): almost all of the spec is fixed. */

import { semanticEqual } from '../../machinery/deep.ts';
import { type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { inclusiveRange } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Errors } from '../common/checks.ts';
import { isSame } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { sortedMap } from '../common/label-selector-validation.ts';
import { jsonDiff } from '../common/line-diff.ts';
import type { StrategyContext } from '../define.ts';
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSchedulingGate,
  PodSpec,
} from '../generated/types.ts';
import { checkAnnotationChange, checkPodAnnotations } from './pod-annotation-validation.ts';
import { checkEphemeralChange } from './pod-ephemeral-validation.ts';
import { checkResize } from './pod-resize-validation.ts';
import { placedContainers } from './pod-spec-validation.ts';
import { checkWholePod, specOfPod } from './pod-validation.ts';
import { checkAddedTolerations } from './taint-validation.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** Images may change; whether the containers are still as many decides if the rest can be compared. */
const checkImages = (
  errors: Errors,
  path: string,
  next: readonly Container[],
  old: readonly Container[],
): boolean => {
  if (next.length !== old.length) {
    errors.push(forbiddenField(path, 'pod updates may not add or remove containers'));
    return false;
  }
  next.forEach(({ image = '' }, index) => {
    const at = `${path}[${index}].image`;
    if (image === '') errors.push(required(at));
    if (image.trim() !== image)
      errors.push(invalidValue(at, image, 'must not have leading or trailing whitespace'));
  });
  return true;
};

/** A deadline may come nearer, never go away or further; false when nothing more is to be told. */
const checkDeadline = (errors: Errors, next: number | undefined, old: number | undefined): boolean => {
  const path = 'spec.activeDeadlineSeconds';
  if (next === undefined) {
    if (old !== undefined) {
      errors.push(invalidValue(path, null, 'must not update from a positive integer to nil value'));
    }
    return true;
  }
  if (next < 0 || next > MAX_INT32) errors.push(invalidValue(path, next, inclusiveRange(0, MAX_INT32)));
  else if (old !== undefined && old < next) {
    errors.push(invalidValue(path, next, 'must be less than or equal to previous value'));
  } else return true;
  return false;
};

const checkGates = (
  errors: Errors,
  next: readonly PodSchedulingGate[],
  old: readonly PodSchedulingGate[],
): void => {
  next.forEach(({ name = '' }: Partial<PodSchedulingGate>, index) => {
    if (old.some((gate) => gate.name === name)) return;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(forbiddenField(`spec.schedulingGates[${index}].name`, detail));
  });
};

const withImages = (next: readonly Container[] | undefined, old: readonly Container[] | undefined) =>
  next?.map((container, index): Container => {
    const { image: _, ...rest } = container;
    const before = old?.[index]?.image;
    return { ...rest, ...(before === undefined ? {} : { image: before }) };
  });

type Loose = Record<string, unknown>;

const takeBack = (spec: Loose, old: PodSpec, field: keyof PodSpec): void => {
  if (old[field] === undefined) delete spec[field];
  else spec[field] = old[field];
};

/** The new spec with everything that may change put back. */
const munged = (next: PodSpec, old: PodSpec): Loose => {
  const spec: Loose = { ...next };
  for (const field of ['containers', 'initContainers'] as const) {
    const containers = withImages(next[field], old[field]);
    if (containers !== undefined) spec[field] = containers;
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) {
    takeBack(spec, old, field);
  }
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1) {
    takeBack(spec, old, 'terminationGracePeriodSeconds');
  }
  return spec;
};

const startsWith = (next: readonly unknown[] = [], old: readonly unknown[] = []): boolean =>
  next.length >= old.length && isSame(next.slice(0, old.length), old);

const onlyGrows = (next: NodeSelectorTerm, old: NodeSelectorTerm): boolean => {
  const wasEmpty = (old.matchExpressions ?? []).length + (old.matchFields ?? []).length === 0;
  const isEmpty = (next.matchExpressions ?? []).length + (next.matchFields ?? []).length === 0;
  if (wasEmpty && !isEmpty) return false;
  return (
    startsWith(next.matchExpressions, old.matchExpressions) && startsWith(next.matchFields, old.matchFields)
  );
};

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

const checkNodeAffinity = (
  errors: Errors,
  next: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
): void => {
  const before = old?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (before.length === 0) return;
  const path = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  const terms = next?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (terms.length !== before.length) {
    const shown = terms.length === 0 ? null : terms.map((term) => internalForm('NodeSelectorTerm', term));
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.push(invalidValue(path, shown, detail));
    return;
  }
  terms.forEach((term, index) => {
    if (onlyGrows(term, before[index] ?? {})) return;
    const detail = 'only additions are allowed (no mutations or deletions)';
    errors.push(invalidValue(`${path}[${index}]`, internalForm('NodeSelectorTerm', term), detail));
  });
};

/** A gated pod may still be narrowed to fewer nodes. */
const checkGated = (errors: Errors, spec: Loose, next: PodSpec, old: PodSpec): void => {
  if ((old.schedulingGates ?? []).length === 0) return;
  const selector = next.nodeSelector ?? {};
  if (Object.entries(old.nodeSelector ?? {}).some(([key, value]) => selector[key] !== value)) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', sortedMap(next.nodeSelector), detail));
  }
  takeBack(spec, old, 'nodeSelector');
  const [before, now] = [old.affinity?.nodeAffinity, next.affinity?.nodeAffinity];
  if (isSame(before, now)) return;
  checkNodeAffinity(errors, now, before);
  const { nodeAffinity: _, ...rest } = next.affinity ?? {};
  const affinity = { ...rest, ...(before === undefined ? {} : { nodeAffinity: before }) };
  if (Object.keys(affinity).length > 0 || old.affinity !== undefined) spec['affinity'] = affinity;
  else delete spec['affinity'];
};

const FIXED =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const checkFixed = (errors: Errors, next: PodSpec, old: PodSpec): void => {
  if (semanticEqual(next, old)) return;
  const spec = munged(next, old);
  checkGated(errors, spec, next, old);
  if (semanticEqual(spec, old)) return;
  const difference = jsonDiff(internalForm('PodSpec', old), internalForm('PodSpec', spec));
  if (difference !== '') errors.push(forbiddenField('spec', `${FIXED}\n${difference}`));
};

/** Annotations, told once for what changed and once more as they are. */
export const checkPodAnnotationUpdate = (errors: Errors, pod: Pod, old: Pod): void => {
  const annotations = pod.metadata.annotations ?? {};
  checkAnnotationChange(errors, 'metadata.annotations', annotations, old.metadata.annotations ?? {});
  const spec = specOfPod(pod);
  const { annotations: given } = pod.metadata;
  checkPodAnnotations(errors, 'metadata.annotations', given, spec, placedContainers('spec', spec));
};

const checkUpdate = (errors: Errors, pod: Pod, before: Pod): void => {
  checkWholePod(errors, pod);
  checkPodAnnotationUpdate(errors, pod, before);
  const [next, old] = [specOfPod(pod), specOfPod(before)];
  if (!checkImages(errors, 'spec.containers', next.containers ?? [], old.containers ?? [])) return;
  if (!checkImages(errors, 'spec.initContainers', next.initContainers ?? [], old.initContainers ?? []))
    return;
  if (!checkDeadline(errors, next.activeDeadlineSeconds, old.activeDeadlineSeconds)) return;
  checkAddedTolerations(errors, 'spec.tolerations', next.tolerations, old.tolerations);
  checkGates(errors, next.schedulingGates ?? [], old.schedulingGates ?? []);
  checkFixed(errors, next, old);
};

/** A changed pod, by way of the pod itself or of one of its subresources. */
export const validatePodUpdate = (
  object: KubeObject,
  old: KubeObject,
  context: StrategyContext,
): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [pod, before] = [object as Pod, old as Pod];
  if (context.subresource === 'ephemeralcontainers') return checkEphemeralChange(pod, before);
  if (context.subresource === 'resize') return checkResize(pod, before);
  checkUpdate(errors, pod, before);
  return errors;
};

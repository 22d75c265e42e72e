/** Rules that kinds with a selector and a pod template share (pkg/apis/apps/validation, 1.36). */

import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import type { LabelSelectorObject, LabelSelectorTerms, Labels } from '../../machinery/selector.ts';
import { fromLabelSelector, matchesLabels } from '../../machinery/selector.ts';
import { checkPodTemplate, specOfTemplate } from '../core/pod-template-validation.ts';
import type { PodTemplateSpec, Volume } from '../generated/types.ts';
import { checkImmutablePointer, type Errors } from './checks.ts';
import {
  checkLabelSelector,
  isEmptySelector,
  selectorValue,
  sortedMap,
} from './label-selector-validation.ts';

/** A selector that must be there and say something; `emptyDetail` is what an empty one is told as. */
export const checkRequiredSelector = (
  errors: Errors,
  path: string,
  selector: LabelSelectorObject | undefined,
  emptyDetail: string,
): void => {
  if (!selector) {
    errors.push(required(path));
    return;
  }
  checkLabelSelector(errors, path, selector);
  if (isEmptySelector(selector)) errors.push(invalidValue(path, selectorValue(selector), emptyDetail));
};

/** The selector as terms; `undefined` for one that cannot be read, which is told with `detail`. */
export const readSelector = (
  errors: Errors,
  path: string,
  selector: LabelSelectorObject | undefined,
  detail: string,
): LabelSelectorTerms | undefined => {
  const terms = fromLabelSelector(selector);
  if (terms.ok) return terms.value;
  errors.push(invalidValue(path, selectorValue(selector), detail));
  return undefined;
};

const isEmptyTerms = (terms: LabelSelectorTerms): boolean => terms !== 'nothing' && terms.length === 0;

/** The template's labels must be among what the selector selects; a selector of everything is not asked. */
export const checkSelected = (
  errors: Errors,
  path: string,
  terms: LabelSelectorTerms,
  labels: Labels,
): void => {
  if (isEmptyTerms(terms) || matchesLabels(terms, labels)) return;
  const at = `${path}.metadata.labels`;
  errors.push(invalidValue(at, sortedMap(labels), '`selector` does not match template `labels`'));
};

/** Pods that are replaced when they end may not say otherwise. `kind` is how the refusal calls the owner. */
export const checkAlwaysRestarted = (
  errors: Errors,
  path: string,
  template: PodTemplateSpec | undefined,
  kind: string,
): void => {
  const { restartPolicy = '', activeDeadlineSeconds } = specOfTemplate(template);
  if (restartPolicy !== 'Always')
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']));
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbiddenField(`${path}.spec.activeDeadlineSeconds`, detail));
  }
};

const ONLY_READ =
  'must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only';

const isWritable = (volume: Volume): boolean =>
  volume.gcePersistentDisk !== undefined && volume.gcePersistentDisk.readOnly !== true;

/** Disks that only one node can write to, in pods that run on several; old ones may stay. */
export const checkSharedDisks = (
  errors: Errors,
  path: string,
  template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
): void => {
  if ((specOfTemplate(old).volumes ?? []).some(isWritable)) return;
  specOfTemplate(template).volumes?.forEach((volume, index) => {
    if (!isWritable(volume)) return;
    errors.push(invalidValue(`${path}.spec.volumes[${index}].gcePersistentDisk.readOnly`, false, ONLY_READ));
  });
};

/** The template of a ReplicaSet or Deployment. */
export const checkReplicatedTemplate = (
  errors: Errors,
  path: string,
  template: PodTemplateSpec | undefined,
  terms: LabelSelectorTerms,
  replicas: number,
  old: PodTemplateSpec | undefined,
): void => {
  checkSelected(errors, path, terms, template?.metadata?.labels);
  checkPodTemplate(errors, path, template);
  if (replicas > 1) checkSharedDisks(errors, path, template, old);
  checkAlwaysRestarted(errors, path, template, 'ReplicaSet');
};

/** Selectors of workloads never change. */
export const checkSameSelector = (
  errors: Errors,
  path: string,
  next: LabelSelectorObject | undefined,
  old: LabelSelectorObject | undefined,
): void => checkImmutablePointer(errors, path, next, old, selectorValue(next));

/** The number a count or share means for asking whether it is zero; unreadable text is zero. */
export const roughCount = (value: number | string | undefined): number => {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  const number = Number(/^[+-]?\d+%?$/.test(value) ? value.replace('%', '') : 0);
  return Number.isFinite(number) ? number : 0;
};

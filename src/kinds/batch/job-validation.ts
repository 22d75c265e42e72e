/** Rules of jobs (pkg/apis/batch/validation and pkg/registry/batch/job, 1.36). */

import { cloneJson, semanticEqual } from '../../machinery/deep.ts';
import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1123Label } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector, matchesLabels } from '../../machinery/selector.ts';
import { checkImmutablePointer, type Errors, FIELD_IS_IMMUTABLE, type TextMap } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkLabelSelector, selectorValue, sortedMap } from '../common/label-selector-validation.ts';
import type { Container, Job, JobSpec, PodTemplateSpec } from '../generated/types.ts';
import { checkJobSpec } from './job-spec-validation.ts';

const specOf = (object: KubeObject): JobSpec => (object as Partial<Job>).spec ?? ({} as JobSpec);

const PREFIXED = { uid: 'batch.kubernetes.io/controller-uid', name: 'batch.kubernetes.io/job-name' };
const PLAIN = { uid: 'controller-uid', name: 'job-name' };

const checkHasLabel = (errors: Errors, labels: TextMap | undefined, key: string, value: string): void => {
  const at = `spec.template.metadata.labels[${key}]`;
  const actual = labels?.[key];
  if (actual === undefined) errors.push(required(at, `must be '${value}'`));
  else if (actual !== value) errors.push(invalidValue(at, sortedMap(labels), `must be '${value}'`));
};

/** A selector made by the server, and the labels it looks for. */
const checkGenerated = (errors: Errors, job: KubeObject, prefixed: boolean): void => {
  const spec = specOf(job);
  if (spec.manualSelector === true || !spec.selector) return;
  const { uid = '', name = '' } = job.metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const labels = spec.template?.metadata?.labels;
  const expected: Record<string, string> = {};
  for (const keys of prefixed ? [PLAIN, PREFIXED] : [PLAIN]) {
    checkHasLabel(errors, labels, keys.uid, uid);
    checkHasLabel(errors, labels, keys.name, name);
    expected[keys.uid] = uid;
    expected[keys.name] = name;
  }
  const terms = fromLabelSelector(spec.selector);
  if (terms.ok && !matchesLabels(terms.value, expected)) {
    errors.push(invalidValue('spec.selector', selectorValue(spec.selector), '`selector` not auto-generated'));
  }
};

const checkSpec = (errors: Errors, spec: JobSpec): void => {
  checkJobSpec(errors, 'spec', spec);
  if (spec.selector) checkLabelSelector(errors, 'spec.selector', spec.selector);
  else errors.push(required('spec.selector'));
  const terms = fromLabelSelector(spec.selector);
  const labels = spec.template?.metadata?.labels;
  if (terms.ok && !matchesLabels(terms.value, labels)) {
    const at = 'spec.template.metadata.labels';
    errors.push(invalidValue(at, sortedMap(labels), '`selector` does not match template `labels`'));
  }
};

/** Pods of an indexed job are called after their index, in their host names too. */
const checkPodNames = (errors: Errors, job: KubeObject): void => {
  const { completionMode, completions = 0 } = specOf(job);
  if (completionMode !== 'Indexed' || completions <= 0) return;
  const { name = '' } = job.metadata;
  const longest = `${name}-${completions - 1}`;
  if (dns1123Label(longest).length === 0) return;
  const detail = `will not able to create pod with invalid DNS label: ${longest}`;
  errors.push(invalidValue('metadata.name', name, detail));
};

const checkJob = (errors: Errors, job: KubeObject, prefixed: boolean): void => {
  checkGenerated(errors, job, prefixed);
  checkSpec(errors, specOf(job));
  checkPodNames(errors, job);
};

/** A new job. */
export const validateJob = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkJob(errors, object, true);
  return errors;
};

const checkCompletions = (errors: Errors, next: JobSpec, old: JobSpec): void => {
  const path = 'spec.completions';
  if (next.completionMode !== 'Indexed')
    checkImmutablePointer(errors, path, next.completions, old.completions);
  else if (next.completions !== undefined && next.completions !== old.completions) {
    if (next.completions === next.parallelism) return;
    errors.push(invalidValue(path, next.completions, 'can only be modified in tandem with spec.parallelism'));
  }
};

/** Whether a job stands still, so that what decides where and how big its pods are may change. */
const isAtRest = (job: KubeObject): boolean => {
  const { status } = job as Partial<Job>;
  if (specOf(job).suspend !== true) return false;
  if (status?.startTime === undefined) return true;
  const suspended = (status.conditions ?? []).some(
    ({ type, status: is }) => type === 'Suspended' && is === 'True',
  );
  return suspended && (status.active ?? 0) === 0;
};

const takeResources = (
  old: readonly Container[] | null | undefined,
  next: readonly Container[] | null | undefined,
): readonly Container[] | null | undefined => {
  if (!old || !next || old.length !== next.length) return old;
  return old.map((container, index) => {
    const other = next[index];
    if (other?.name !== container.name) return container;
    const { resources: _, ...rest } = container;
    return { ...rest, ...(other.resources === undefined ? {} : { resources: other.resources }) };
  });
};

type Loose = Record<string, unknown>;

const copyField = (to: Loose, from: Loose, field: string): void => {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
};

/** The old template with everything the new one may change taken over. */
const withChanges = (old: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec => {
  const copy = cloneJson(old) as unknown as { metadata?: Loose; spec?: Loose };
  const from = next as unknown as { metadata?: Loose; spec?: Loose };
  const metadata = copy.metadata ?? {};
  const spec = copy.spec ?? {};
  for (const field of ['annotations', 'labels']) copyField(metadata, from.metadata ?? {}, field);
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates'])
    copyField(spec, from.spec ?? {}, field);
  const affinity = { ...((spec['affinity'] ?? {}) as Loose) };
  copyField(affinity, (next.spec?.affinity ?? {}) as unknown as Loose, 'nodeAffinity');
  if (Object.keys(affinity).length > 0 || next.spec?.affinity !== undefined) spec['affinity'] = affinity;
  else delete spec['affinity'];
  for (const field of ['containers', 'initContainers'] as const) {
    const taken = takeResources(spec[field] as readonly Container[] | null | undefined, next.spec?.[field]);
    if (taken !== undefined) spec[field] = taken;
  }
  return { ...(Object.keys(metadata).length > 0 ? { metadata } : {}), spec } as unknown as PodTemplateSpec;
};

const checkTemplateUpdate = (errors: Errors, next: JobSpec, old: KubeObject): void => {
  const before = specOf(old).template;
  if (semanticEqual(next.template, before)) return;
  if (isAtRest(old) && next.template && before) {
    const allowed = withChanges(before, next.template);
    if (semanticEqual(next.template, allowed)) return;
    if (semanticEqual(next.template.spec, allowed.spec)) return;
    errors.push(
      invalidValue('spec.template.spec', internalForm('PodSpec', next.template.spec), FIELD_IS_IMMUTABLE),
    );
    return;
  }
  errors.push(
    invalidValue('spec.template', internalForm('PodTemplateSpec', next.template), FIELD_IS_IMMUTABLE),
  );
};

const shownOr = (struct: string, value: unknown): unknown =>
  value === undefined || value === null ? null : internalForm(struct, value);

const checkFixed = (errors: Errors, next: JobSpec, old: JobSpec): void => {
  checkImmutablePointer(errors, 'spec.completionMode', next.completionMode, old.completionMode);
  const { podFailurePolicy, successPolicy } = next;
  const failure = shownOr('PodFailurePolicy', podFailurePolicy);
  checkImmutablePointer(errors, 'spec.podFailurePolicy', podFailurePolicy, old.podFailurePolicy, failure);
  const limit = 'spec.backoffLimitPerIndex';
  checkImmutablePointer(errors, limit, next.backoffLimitPerIndex, old.backoffLimitPerIndex);
  checkImmutablePointer(errors, 'spec.managedBy', next.managedBy, old.managedBy);
  const success = shownOr('SuccessPolicy', successPolicy);
  checkImmutablePointer(errors, 'spec.successPolicy', successPolicy, old.successPolicy, success);
};

/** A changed job. Upstream judges it as a new one first and then its spec once more. */
export const validateJobUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, before] = [specOf(object), specOf(old)];
  const labels = before.template?.metadata?.labels;
  checkJob(errors, object, labels?.[PREFIXED.uid] !== undefined && labels[PREFIXED.name] !== undefined);
  checkSpec(errors, next);
  checkCompletions(errors, next, before);
  checkImmutablePointer(
    errors,
    'spec.selector',
    next.selector,
    before.selector,
    selectorValue(next.selector),
  );
  checkTemplateUpdate(errors, next, old);
  checkFixed(errors, next, before);
  return errors;
};

/** Rules of a job's spec, in jobs and in cron jobs (pkg/apis/batch/validation validateJobSpec, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { invalidValue, notSupported, required, tooLong } from '../../machinery/field-error.ts';
import { domainPrefixedPath } from '../../machinery/name-rules.ts';
import { checkNonNegative, checkPresent, checkRule, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkPodTemplate, specOfTemplate } from '../core/pod-template-validation.ts';
import type { JobSpec } from '../generated/types.ts';
import { checkFailurePolicy, checkSuccessPolicy } from './job-policy-validation.ts';

const MAX_INDEXED = 100_000;
const MANY_COMPLETIONS = 100_000;
const LIMIT_FOR_MANY = 10_000;
const MAX_MANAGER_BYTES = 63;

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

const checkManager = (errors: Errors, path: string, manager: string | undefined): void => {
  if (manager === undefined) return;
  if (checkPresent(errors, path, manager)) checkRule(errors, path, manager, domainPrefixedPath(manager));
  if (utf8Length(manager) > MAX_MANAGER_BYTES) errors.push(tooLong(path, MAX_MANAGER_BYTES));
};

const checkManyCompletions = (errors: Errors, path: string, spec: JobSpec): void => {
  const { parallelism = 0, maxFailedIndexes } = spec;
  const detail =
    `must be less than or equal to ${LIMIT_FOR_MANY} when completions are above ${MANY_COMPLETIONS} ` +
    'and used with backoff limit per index';
  if (maxFailedIndexes === undefined) {
    const missing = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(required(`${path}.maxFailedIndexes`, missing));
  }
  if (parallelism > LIMIT_FOR_MANY) errors.push(invalidValue(`${path}.parallelism`, parallelism, detail));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > LIMIT_FOR_MANY) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, detail));
  }
};

const checkIndexed = (errors: Errors, path: string, spec: JobSpec): void => {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  if (completions === undefined)
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism > MAX_INDEXED) {
    const detail = `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`;
    errors.push(invalidValue(`${path}.parallelism`, parallelism, detail));
  }
  if (failed !== undefined && completions !== undefined && failed > completions) {
    errors.push(
      invalidValue(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions'),
    );
  }
  if (failed !== undefined && failed > MAX_INDEXED) {
    errors.push(
      invalidValue(`${path}.maxFailedIndexes`, failed, `must be less than or equal to ${MAX_INDEXED}`),
    );
  }
  if ((completions ?? 0) > MANY_COMPLETIONS && backoffLimitPerIndex !== undefined) {
    checkManyCompletions(errors, path, spec);
  }
};

const MODES = ['NonIndexed', 'Indexed'];

const checkMode = (errors: Errors, path: string, spec: JobSpec): void => {
  const { completionMode: mode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (mode !== undefined && !MODES.includes(mode))
    errors.push(notSupported(`${path}.completionMode`, mode, MODES));
  if (mode === 'Indexed') checkIndexed(errors, path, spec);
  if (mode !== undefined && mode !== 'NonIndexed') return;
  const detail = 'requires indexed completion mode';
  if (backoffLimitPerIndex !== undefined) {
    errors.push(invalidValue(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, detail));
  }
  if (maxFailedIndexes !== undefined) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, detail));
  }
};

const checkReplacement = (errors: Errors, path: string, spec: JobSpec): void => {
  const { podReplacementPolicy: policy } = spec;
  if (policy === undefined) return;
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (!supported.includes(policy)) errors.push(notSupported(path, policy, supported));
};

const checkRestart = (errors: Errors, path: string, spec: JobSpec): void => {
  const { restartPolicy = '' } = specOfTemplate(spec.template);
  if (restartPolicy === 'Always' || restartPolicy === '') {
    errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  } else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    errors.push(notSupported(path, restartPolicy, ['OnFailure', 'Never']));
  } else if (spec.podFailurePolicy && restartPolicy !== 'Never') {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(invalidValue(path, restartPolicy, detail));
  }
};

/** The spec but for its selector. */
export const checkJobSpec = (errors: Errors, path: string, spec: JobSpec): void => {
  for (const field of COUNTS) checkNonNegative(errors, `${path}.${field}`, spec[field]);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  checkManager(errors, `${path}.managedBy`, spec.managedBy);
  checkMode(errors, path, spec);
  checkFailurePolicy(errors, `${path}.podFailurePolicy`, spec);
  if (spec.successPolicy) {
    if (spec.completionMode === 'Indexed') checkSuccessPolicy(errors, `${path}.successPolicy`, spec);
    else {
      const shown = internalForm('SuccessPolicy', spec.successPolicy);
      errors.push(invalidValue(`${path}.successPolicy`, shown, 'requires indexed completion mode'));
    }
  }
  checkReplacement(errors, `${path}.podReplacementPolicy`, spec);
  checkPodTemplate(errors, `${path}.template`, spec.template);
  checkRestart(errors, `${path}.template.spec.restartPolicy`, spec);
};

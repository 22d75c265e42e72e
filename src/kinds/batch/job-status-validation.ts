/**
 * Rules of a job's status (pkg/apis/batch/validation validateJobStatus with the options of pkg/registry/batch/job,
 * 1.36): most are asked only of what the write changes, so that old objects stay writable.
 */

import { semanticEqual } from '../../machinery/deep.ts';
import {
  duplicate,
  type FieldError,
  invalidValue,
  invalidWithoutValue,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { parseTime } from '../../machinery/time.ts';
import { checkNonNegative, type Errors } from '../common/checks.ts';
import type { Job, JobSpec, JobStatus } from '../generated/types.ts';
import { countIndexes, sharedIndex } from './index-list.ts';

interface Side {
  readonly spec: JobSpec;
  readonly status: JobStatus;
  readonly complete: boolean;
  readonly failed: boolean;
  readonly failing: boolean;
  readonly succeeding: boolean;
  readonly finished: boolean;
}

const sideOf = (object: KubeObject): Side => {
  const { spec, status } = object as Partial<Job>;
  const given = status ?? ({} as JobStatus);
  const is = (type: string): boolean =>
    (given.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  const [complete, failed] = [is('Complete'), is('Failed')];
  return {
    spec: spec ?? ({} as JobSpec),
    status: given,
    complete,
    failed,
    failing: is('FailureTarget'),
    succeeding: is('SuccessCriteriaMet'),
    finished: complete || failed,
  };
};

const CONDITIONS = 'status.conditions';

const checkUncounted = (errors: Errors, status: JobStatus): void => {
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed'] as const) {
    status.uncountedTerminatedPods?.[field]?.forEach((uid, index) => {
      const at = `status.uncountedTerminatedPods.${field}[${index}]`;
      if (uid === '') errors.push(invalidValue(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      else seen.add(uid);
    });
  }
};

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

type Changed = (...names: readonly (keyof Side | keyof JobStatus)[]) => boolean;

const changedBetween =
  (next: Side, old: Side): Changed =>
  (...names) =>
    names.some((name) =>
      name in next && name !== 'failed'
        ? next[name as keyof Side] !== old[name as keyof Side]
        : !semanticEqual(next.status[name as keyof JobStatus], old.status[name as keyof JobStatus]),
    );

const checkTimes = (errors: Errors, next: Side, changed: Changed): void => {
  const { startTime, completionTime } = next.status;
  const at = 'status.completionTime';
  const ended = changed('complete', 'completionTime');
  if (ended && completionTime !== undefined && !next.complete) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalidValue(at, completionTime, detail));
  }
  if (ended && completionTime === undefined && next.complete) {
    errors.push(required(at, 'completionTime is required for Complete jobs'));
  }
  if (!changed('startTime', 'completionTime') || startTime === undefined || completionTime === undefined)
    return;
  if ((parseTime(completionTime) ?? 0) < (parseTime(startTime) ?? 0)) {
    errors.push(invalidValue(at, completionTime, 'must be equal to or after `startTime`'));
  }
};

const checkConditions = (errors: Errors, next: Side, old: Side, changed: Changed): void => {
  const refuse = (detail: string): void => {
    errors.push(invalidWithoutValue(CONDITIONS, detail));
  };
  const failedChanged = next.failed !== old.failed;
  if ((changed('complete') || failedChanged) && next.complete && next.failed) {
    refuse('cannot set Complete=True and Failed=true conditions');
  }
  if (changed('complete', 'failing') && next.complete && next.failing) {
    refuse('cannot set Complete=True and FailureTarget=true conditions');
  }
  checkTimes(errors, next, changed);
  if ((failedChanged || changed('failing')) && next.failed && !next.failing) {
    refuse('cannot set Failed=True condition without the FailureTarget=true condition');
  }
  if (changed('complete', 'succeeding') && next.complete && !next.succeeding) {
    refuse('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  }
};

const checkFinished = (errors: Errors, next: Side, changed: Changed): void => {
  const { status, finished } = next;
  if (changed('finished', 'active') && finished && (status.active ?? 0) > 0) {
    errors.push(invalidValue('status.active', status.active, 'active>0 is invalid for finished job'));
  }
  if (changed('finished', 'startTime') && finished && status.startTime === undefined) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const { uncountedTerminatedPods: uncounted } = status;
  const waiting = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0);
  if (changed('finished', 'uncountedTerminatedPods') && finished && waiting > 0) {
    const shown = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null };
    errors.push(invalidValue('status.uncountedTerminatedPods', shown, 'must be empty for finished job'));
  }
};

const checkIndexes = (errors: Errors, next: Side, changed: Changed): void => {
  const { spec, status } = next;
  const { completedIndexes: done = '', failedIndexes: failed } = status;
  const { completions, backoffLimitPerIndex: perIndex } = spec;
  const refuse = (field: 'completedIndexes' | 'failedIndexes', value: string, detail: string): void => {
    errors.push(invalidValue(`status.${field}`, value, detail));
  };
  const [doneChanged, failedChanged] = [changed('completedIndexes'), changed('failedIndexes')];
  if (doneChanged && completions !== undefined) {
    const counted = countIndexes(done, completions);
    if (!counted.ok) refuse('completedIndexes', done, `error parsing completedIndexes: ${counted.error}`);
  }
  if (failedChanged && completions !== undefined && perIndex !== undefined && failed !== undefined) {
    const counted = countIndexes(failed, completions);
    if (!counted.ok) refuse('failedIndexes', failed, `error parsing failedIndexes: ${counted.error}`);
  }
  if (doneChanged && done !== '' && spec.completionMode !== 'Indexed') {
    refuse(
      'completedIndexes',
      done,
      'cannot set non-empty completedIndexes when non-indexed completion mode',
    );
  }
  if (failedChanged && perIndex === undefined && failed !== undefined) {
    refuse('failedIndexes', failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null');
  }
  if ((doneChanged || failedChanged) && completions !== undefined && failed) {
    const shared = done === '' ? undefined : sharedIndex(done, failed, completions);
    if (shared !== undefined) {
      refuse('failedIndexes', failed, `failedIndexes and completedIndexes overlap at index: ${shared}`);
    }
  }
};

const checkRunning = (errors: Errors, next: Side, changed: Changed): void => {
  const { status, finished, succeeding } = next;
  if (changed('finished', 'terminating') && finished && (status.terminating ?? 0) > 0) {
    const detail = 'terminating>0 is invalid for finished job';
    errors.push(invalidValue('status.terminating', status.terminating, detail));
  }
  if (changed('ready', 'active') && (status.ready ?? 0) > (status.active ?? 0)) {
    errors.push(invalidValue('status.ready', status.ready, 'cannot set more ready pods than active'));
  }
  const refuse = (detail: string): void => {
    errors.push(invalidWithoutValue(CONDITIONS, detail));
  };
  if (succeeding && next.failed) refuse('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (succeeding && next.failing)
    refuse('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (next.spec.successPolicy && !succeeding && next.complete) {
    refuse('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
  }
};

const checkLost = (errors: Errors, next: Side, old: Side): void => {
  const lost = (type: string, before: boolean, now: boolean): void => {
    if (before && !now)
      errors.push(invalidWithoutValue(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  };
  lost('Failed', old.failed, next.failed);
  lost('Complete', old.complete, next.complete);
  lost('FailureTarget', old.failing, next.failing);
};

const checkCounters = (errors: Errors, next: Side, old: Side): void => {
  const { failed = 0, succeeded = 0 } = next.status;
  if (failed < (old.status.failed ?? 0)) {
    errors.push(invalidValue('status.failed', failed, 'cannot decrease the failed counter'));
  }
  const { completionMode, completions, parallelism } = next.spec;
  const mayShrink = completionMode === 'Indexed' && completions === parallelism;
  if (!mayShrink && succeeded < (old.status.succeeded ?? 0)) {
    errors.push(invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter'));
  }
};

const checkMoves = (errors: Errors, next: Side, old: Side): void => {
  checkLost(errors, next, old);
  checkCounters(errors, next, old);
  const { startTime, completionTime } = next.status;
  const { startTime: begun, completionTime: ended } = old.status;
  if (completionTime !== undefined && ended !== undefined && completionTime !== ended) {
    errors.push(invalidValue('status.completionTime', completionTime, 'field is immutable'));
  }
  if (begun !== undefined && begun !== startTime && next.spec.suspend !== true) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (old.succeeding && !next.succeeding) {
    errors.push(invalidWithoutValue(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'));
  }
  if (old.complete && !old.succeeding && next.succeeding) {
    const detail = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(invalidWithoutValue(CONDITIONS, detail));
  }
};

/** A job's status. */
export const validateJobStatus = (object: KubeObject, before: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [next, old] = [sideOf(object), sideOf(before)];
  const changed = changedBetween(next, old);
  for (const field of COUNTS) checkNonNegative(errors, `status.${field}`, next.status[field]);
  checkUncounted(errors, next.status);
  checkConditions(errors, next, old, changed);
  checkFinished(errors, next, changed);
  checkIndexes(errors, next, changed);
  checkRunning(errors, next, changed);
  checkMoves(errors, next, old);
  return errors;
};

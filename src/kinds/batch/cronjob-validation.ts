/** Rules of cron jobs (pkg/apis/batch/validation, 1.36). */

import { isTimeZone, parseCron } from '../../machinery/cron.ts';
import { utf8Length } from '../../machinery/deep.ts';
import { type FieldError, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkNonNegative, checkRequiredOneOf, type Errors } from '../common/checks.ts';
import { selectorValue } from '../common/label-selector-validation.ts';
import type { CronJob, CronJobSpec, JobSpec, JobTemplateSpec } from '../generated/types.ts';
import { checkJobSpec } from './job-spec-validation.ts';

/** A job's name is the cron job's and eleven characters more. */
const MAX_NAME = 52;

const checkSchedule = (
  errors: Errors,
  path: string,
  spec: CronJobSpec,
  old: CronJobSpec | undefined,
): void => {
  const { schedule = '', timeZone } = spec as Partial<CronJobSpec>;
  if (schedule === '') {
    errors.push(required(path));
    return;
  }
  const parsed = parseCron(schedule);
  if (!parsed.ok) errors.push(invalidValue(path, schedule, parsed.error));
  if (!schedule.includes('TZ')) return;
  if (!old?.schedule?.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalidValue(path, schedule, detail));
  } else if (timeZone !== undefined) {
    errors.push(invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  }
};

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

const isZoneName = (zone: string): boolean =>
  zone
    .split('/')
    .every((part) => part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part));

const checkTimeZone = (errors: Errors, path: string, zone: string | undefined): void => {
  if (zone === undefined) return;
  if (zone === '') errors.push(invalidValue(path, zone, 'timeZone must be nil or non-empty string'));
  else if (!isZoneName(zone)) errors.push(invalidValue(path, zone, `unknown time zone ${zone}`));
  else if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(invalidValue(path, zone, detail));
    if (zone !== 'Local') errors.push(invalidValue(path, zone, `unknown time zone ${zone}`));
  } else if (!isTimeZone(zone)) errors.push(invalidValue(path, zone, `unknown time zone ${zone}`));
};

const checkTemplate = (errors: Errors, path: string, template: JobTemplateSpec | undefined): void => {
  const spec = template?.spec ?? ({} as JobSpec);
  checkJobSpec(errors, `${path}.spec`, spec);
  if (spec.selector) {
    const shown = selectorValue(spec.selector);
    errors.push(invalidValue(`${path}.spec.selector`, shown, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(`${path}.spec.manualSelector`, true, ['nil', 'false']));
  }
};

const specOf = (object: KubeObject): CronJobSpec => (object as Partial<CronJob>).spec ?? ({} as CronJobSpec);

const checkSpec = (errors: Errors, spec: CronJobSpec, old: CronJobSpec | undefined): void => {
  checkSchedule(errors, 'spec.schedule', spec, old);
  checkNonNegative(errors, 'spec.startingDeadlineSeconds', spec.startingDeadlineSeconds);
  if (old === undefined || old.timeZone !== spec.timeZone)
    checkTimeZone(errors, 'spec.timeZone', spec.timeZone);
  const policies = ['Allow', 'Forbid', 'Replace'];
  checkRequiredOneOf(errors, 'spec.concurrencyPolicy', spec.concurrencyPolicy, policies);
  checkTemplate(errors, 'spec.jobTemplate', spec.jobTemplate);
  checkNonNegative(errors, 'spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit);
  checkNonNegative(errors, 'spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit);
};

/** A new cron job. */
export const validateCronJob = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), undefined);
  const { name = '' } = object.metadata;
  if (utf8Length(name) > MAX_NAME) {
    errors.push(invalidValue('metadata.name', name, `must be no more than ${MAX_NAME} characters`));
  }
  return errors;
};

/** A changed cron job; long names of old ones may stay. */
export const validateCronJobUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), specOf(old));
  return errors;
};

/** Warnings about jobs (upstream: pkg/api/job/warnings.go and the cron job's strategy, 1.36). */

import type { KubeObject } from '../../machinery/object.ts';
import { nameWarnings, templateWarnings } from '../core/pod-warnings.ts';
import type { CronJob, Job, JobSpec } from '../generated/types.ts';

const COMPLETIONS_LIMIT = 100_000;
const PARALLELISM_LIMIT = 10_000;

const specWarnings = (spec: JobSpec | undefined, path: string): string[] => {
  if (!spec) return [];
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const huge = completions > COMPLETIONS_LIMIT && parallelism > PARALLELISM_LIMIT;
  const text =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [
    ...(completionMode === 'Indexed' && huge ? [`${path}: ${text}`] : []),
    ...templateWarnings(spec.template, `${path}.template`),
  ];
};

const isSettled = (object: KubeObject, old: KubeObject | undefined): boolean =>
  old !== undefined && old.metadata.generation === object.metadata.generation;

/** Warnings about a job: when it is new, or when its generation moved. */
export const jobWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  if (isSettled(object, old)) return [];
  const spec = specWarnings((object as Job).spec, 'spec');
  return old ? spec : [...nameWarnings(object), ...spec];
};

/** Warnings about a cron job and the jobs it will make. */
export const cronJobWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  const { spec } = object as CronJob;
  const warnings = old ? [] : nameWarnings(object);
  if (!isSettled(object, old))
    warnings.push(...specWarnings(spec?.jobTemplate?.spec, 'spec.jobTemplate.spec'));
  if (spec?.schedule?.includes('TZ')) {
    warnings.push('cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead');
  }
  return warnings;
};

import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import {
  ageColumn,
  column,
  containerImages,
  containerNames,
  nameColumn,
  printSelector,
  printSince,
  wideColumn,
} from '../common/columns.ts';
import { child, descend, ensure, setAbsents, setZero } from '../common/draft.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import type { Container, CronJob } from '../generated/types.ts';
import { validateCronJob, validateCronJobUpdate } from './cronjob-validation.ts';
import { defaultJobTemplate } from './job-defaults.ts';
import { cronJobWarnings } from './job-warnings.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setZero(spec, 'concurrencyPolicy', 'Allow');
  setAbsents(spec, { suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  const template = descend(spec, 'jobTemplate');
  const job = child(template, 'spec');
  if (job) defaultJobTemplate(job);
};

const printSuspend = (object: CronJob): string => {
  if (object.spec?.suspend === undefined) return '<unset>';
  return object.spec.suspend ? 'True' : 'False';
};

const containersOf = (object: CronJob): readonly Container[] | undefined =>
  object.spec?.jobTemplate?.spec?.template?.spec?.containers;

export const cronJob = builtin({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  generationFields: ['spec'],
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus(),
  warnings: cronJobWarnings,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  columns: [
    nameColumn,
    column<CronJob>('Schedule', 'string', (object) => object.spec?.schedule ?? ''),
    column<CronJob>('Timezone', 'string', (object) => object.spec?.timeZone ?? '<none>'),
    column<CronJob>('Suspend', 'boolean', printSuspend),
    column<CronJob>('Active', 'integer', (object) => object.status?.active?.length ?? 0),
    column<CronJob>('Last Schedule', 'string', (object, now) =>
      object.status?.lastScheduleTime ? printSince(object.status.lastScheduleTime, now) : '<none>',
    ),
    ageColumn,
    wideColumn<CronJob>('Containers', 'string', (object) => containerNames(containersOf(object))),
    wideColumn<CronJob>('Images', 'string', (object) => containerImages(containersOf(object))),
    wideColumn<CronJob>('Selector', 'string', (object) =>
      printSelector(object.spec?.jobTemplate?.spec?.selector),
    ),
  ],
});

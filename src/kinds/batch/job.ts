import { humanDuration } from '../../machinery/duration.ts';
import type { Draft } from '../../machinery/object.ts';
import type { Instant } from '../../machinery/time.ts';
import { parseTime } from '../../machinery/time.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, selectorColumn, templateColumns } from '../common/columns.ts';
import { descend, ensure, setAbsents, sizeOf, text } from '../common/draft.ts';
import { controllerValues } from '../common/indexes.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import type { Job } from '../generated/types.ts';
import { defaultJob } from './job-defaults.ts';
import { validateJobStatus } from './job-status-validation.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';
import { jobWarnings } from './job-warnings.ts';

/** Gives the pods labels that only this job selects, unless the job brings a selector of its own. */
const generateSelector = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  if (spec['manualSelector'] === true) return;
  const metadata = ensure(draft, 'metadata');
  const [name, uid] = [text(metadata, 'name'), text(metadata, 'uid')];
  setAbsents(ensure(ensure(ensure(spec, 'template'), 'metadata'), 'labels'), {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
  });
  setAbsents(ensure(ensure(spec, 'selector'), 'matchLabels'), { 'batch.kubernetes.io/controller-uid': uid });
};

/** A job without labels takes its template's: upstream defaults them whenever it reads a job. */
const borrowLabels = (draft: Draft): void => {
  const labels = descend(draft, 'spec', 'template', 'metadata', 'labels');
  const metadata = ensure(draft, 'metadata');
  if (labels && sizeOf(labels) > 0 && sizeOf(metadata['labels']) === 0) metadata['labels'] = { ...labels };
};

const isSet = (job: Job, type: string): boolean =>
  job.status?.conditions?.find((condition) => condition.type === type)?.status === 'True';

const printStatus = (job: Job): string => {
  if (isSet(job, 'Complete')) return 'Complete';
  if (isSet(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  if (isSet(job, 'Suspended')) return 'Suspended';
  return isSet(job, 'FailureTarget') ? 'FailureTarget' : 'Running';
};

const printCompletions = (job: Job): string => {
  const succeeded = job.status?.succeeded ?? 0;
  const { completions, parallelism = 0 } = job.spec ?? {};
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
};

const printDuration = (job: Job, now: Instant): string => {
  const start = parseTime(job.status?.startTime ?? '');
  if (start === undefined) return '';
  return humanDuration((parseTime(job.status?.completionTime ?? '') ?? now) - start);
};

export const job = builtin({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  namespaced: true,
  categories: ['all'],
  generationFields: ['spec'],
  defaultPropagation: 'Orphan',
  defaults: defaultJob,
  statusDefaults: noStatusDefaults,
  ...withStatus({
    create: (draft) => {
      generateSelector(draft);
      borrowLabels(draft);
    },
    update: borrowLabels,
  }),
  fieldLabels: { namespace: true },
  selectableFields: { 'status.successful': (object) => String((object as Job).status?.succeeded ?? 0) },
  indexes: { 'jobs/controller': controllerValues },
  warnings: jobWarnings,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  columns: [
    nameColumn,
    column<Job>('Status', 'string', printStatus),
    column<Job>('Completions', 'string', printCompletions),
    column<Job>('Duration', 'string', printDuration),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
});

import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a job of its own selector', base: 'job-manual', changes: {}, errors: [] },
  {
    title: 'a job ends',
    base: 'job-min',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/template/spec/restartPolicy': 'Always',
    },
    errors: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    title: 'counts are not negative',
    base: 'job-min',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/parallelism': -1,
      'spec/completions': -1,
      'spec/backoffLimit': -1,
      'spec/ttlSecondsAfterFinished': -1,
    },
    errors: [
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.completions: Invalid value: -1: must be greater than or equal to 0',
      'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
  {
    title: 'an indexed job counts',
    base: 'job-min',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/completionMode': 'Indexed',
      'spec/completions': undefined,
    },
    errors: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    title: 'limits per index are for indexed jobs',
    base: 'job-min',
    changes: { 'metadata/uid': '99999999-9999-4999-8999-999999999999', 'spec/backoffLimitPerIndex': 1 },
    errors: ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  },
  {
    title: 'at most 100,000 indexes side by side',
    base: 'job-full',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/completions': 200000,
      'spec/parallelism': 200000,
      'spec/backoffLimitPerIndex': undefined,
      'spec/maxFailedIndexes': undefined,
      'spec/podFailurePolicy': undefined,
      'spec/successPolicy': undefined,
    },
    errors: [
      'spec.parallelism: Invalid value: 200000: must be less than or equal to 100000 when completion mode is Indexed',
    ],
  },
  {
    title: 'a failure policy needs pods that are not restarted',
    base: 'job-full',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/template/spec/restartPolicy': 'OnFailure',
    },
    errors: [
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
  },
  {
    title: 'exit codes rise',
    base: 'job-full',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/podFailurePolicy/rules/0/onExitCodes/values': [42, 1, 1],
    },
    errors: [
      'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 1',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [42,1,1]: must be ordered',
    ],
  },
  {
    title: 'indexes of success are ranges in order',
    base: 'job-full',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/successPolicy/rules/0/succeededIndexes': '3,1-2',
    },
    errors: [
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3,1-2": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1',
      'spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)',
    ],
  },
  {
    title: 'completions are fixed',
    base: 'job-min',
    write: 'update',
    changes: { 'metadata/uid': '99999999-9999-4999-8999-999999999999', 'spec/completions': 2 },
    errors: ['spec.completions: Invalid value: 2: field is immutable'],
  },
  {
    title: 'parallelism is not',
    base: 'job-min',
    write: 'update',
    changes: {
      'metadata/uid': '99999999-9999-4999-8999-999999999999',
      'spec/parallelism': 5,
      'spec/suspend': true,
    },
    errors: [],
  },
  {
    title: 'a job does not both complete and fail',
    base: 'job-min',
    write: 'status',
    changes: {
      'status/conditions': [
        { type: 'Complete', status: 'True' },
        { type: 'Failed', status: 'True' },
      ],
    },
    errors: [
      'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
      'status.completionTime: Required value: completionTime is required for Complete jobs',
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.startTime: Required value: startTime is required for finished job',
    ],
  },
  {
    title: 'a schedule has five fields',
    base: 'cronjob-min',
    changes: { 'spec/schedule': '* * * *' },
    errors: ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  },
  {
    title: 'a zone is named in timeZone',
    base: 'cronjob-min',
    changes: { 'spec/schedule': 'TZ=UTC * * * * *' },
    errors: [
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
  },
  {
    title: 'a zone that exists',
    base: 'cronjob-min',
    changes: { 'spec/timeZone': 'Nowhere/Land' },
    errors: ['spec.timeZone: Invalid value: "Nowhere/Land": unknown time zone Nowhere/Land'],
  },
  {
    title: 'a name of at most 52 characters',
    base: 'cronjob-min',
    changes: { 'metadata/name': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
    errors: [
      'metadata.name: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 52 characters',
    ],
  },
]);

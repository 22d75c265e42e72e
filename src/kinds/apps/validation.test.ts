import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'recorded workloads are accepted', base: 'deploy-full', changes: {}, errors: [] },
  {
    title: 'a selector selects the template',
    base: 'deploy-min',
    changes: { 'spec/selector': { matchLabels: { app: 'other' } } },
    errors: [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    title: 'a rolling update moves',
    base: 'deploy-min',
    changes: {
      'spec/strategy': { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
    },
    errors: [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
  },
  {
    title: 'at most all are unavailable',
    base: 'deploy-min',
    changes: {
      'spec/strategy': { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '101%' } },
    },
    errors: [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
  },
  {
    title: 'Recreate has no figures',
    base: 'deploy-min',
    changes: { 'spec/strategy': { type: 'Recreate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
    errors: [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  },
  {
    title: 'the deadline is longer than readiness',
    base: 'deploy-min',
    changes: { 'spec/progressDeadlineSeconds': 10, 'spec/minReadySeconds': 10 },
    errors: ['spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds'],
  },
  {
    title: 'the selector is fixed',
    base: 'deploy-min',
    write: 'update',
    changes: {
      'spec/selector': { matchLabels: { app: 'other' } },
      'spec/template/metadata/labels': { app: 'other' },
    },
    errors: ['spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'],
  },
  {
    title: 'a pod of a workload is restarted',
    base: 'rs-min',
    changes: { 'spec/template/spec/restartPolicy': 'OnFailure' },
    errors: ['spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"'],
  },
  {
    title: 'counts are not negative',
    base: 'rs-min',
    changes: { 'spec/replicas': -1, 'spec/minReadySeconds': -1 },
    errors: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
  {
    title: 'a daemon moves by surge or by gap, not both',
    base: 'ds-min',
    changes: {
      'spec/updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    },
    errors: [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
  },
  {
    title: 'a daemon moves',
    base: 'ds-min',
    changes: {
      'spec/updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
    },
    errors: [
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
  },
  {
    title: 'most of a stateful set is fixed',
    base: 'sts-min',
    write: 'update',
    changes: { 'spec/serviceName': 'other', 'spec/podManagementPolicy': 'Parallel' },
    errors: [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy',",
    ],
  },
  {
    title: 'its count, template and strategy are not',
    base: 'sts-min',
    write: 'update',
    changes: {
      'spec/replicas': 9,
      'spec/template/spec/containers/0/image': 'y',
      'spec/updateStrategy': { type: 'OnDelete' },
    },
    errors: [],
  },
  {
    title: 'OnDelete has no partition',
    base: 'sts-min',
    changes: { 'spec/updateStrategy': { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    errors: [
      'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
    ],
  },
  {
    title: 'ordinals start at zero or later',
    base: 'sts-min',
    changes: { 'spec/ordinals': { start: -1 } },
    errors: ['spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    title: 'a revision keeps its data',
    base: 'controllerrevision',
    write: 'update',
    changes: { data: { a: 1 } },
    errors: ['data: Invalid value: {"a":1}: field is immutable'],
  },
  {
    title: 'ready ones are among all',
    base: 'deploy-min',
    write: 'status',
    changes: { 'status/replicas': 1, 'status/readyReplicas': 2 },
    errors: ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  },
]);

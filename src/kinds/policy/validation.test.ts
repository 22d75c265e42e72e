import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  {
    title: 'a budget names one of two',
    base: 'pdb',
    changes: { 'spec/minAvailable': 1, 'spec/maxUnavailable': 1 },
    errors: [
      'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":1,"UnhealthyPodEviction',
    ],
  },
  {
    title: 'a share is at most all',
    base: 'pdb-max',
    changes: { 'spec/maxUnavailable': '101%' },
    errors: ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  },
  { title: 'all is a share', base: 'pdb-max', changes: { 'spec/maxUnavailable': '100%' }, errors: [] },
  {
    title: 'a selector of a known operator',
    base: 'pdb-min',
    changes: { 'spec/selector': { matchExpressions: [{ key: 'a', operator: 'Is' }] } },
    errors: [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ],
  },
  {
    title: 'counts are not negative',
    base: 'pdb',
    write: 'status',
    changes: { 'status/currentHealthy': -1 },
    errors: ['status.currentHealthy: Invalid value: -1: must be greater than or equal to 0'],
  },
]);

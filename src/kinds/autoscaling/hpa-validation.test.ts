import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'recorded ones are accepted', base: 'hpa-v2', changes: {}, errors: [] },
  {
    title: 'at least one',
    base: 'hpa-v2-min',
    changes: { 'spec/minReplicas': 0 },
    errors: [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  },
  {
    title: 'the maximum is not below the minimum',
    base: 'hpa-v2-min',
    changes: { 'spec/minReplicas': 5, 'spec/maxReplicas': 4 },
    errors: ['spec.maxReplicas: Invalid value: 4: must be greater than or equal to `minReplicas`'],
  },
  {
    title: 'a target has a kind and a name',
    base: 'hpa-v2-min',
    changes: { 'spec/scaleTargetRef': { apiVersion: 'apps/v1', kind: 'A/B', name: '' } },
    errors: [
      'spec.scaleTargetRef.kind: Invalid value: "A/B": may not contain \'/\'',
      'spec.scaleTargetRef.name: Required value',
    ],
  },
  {
    title: 'a metric has its own source',
    base: 'hpa-v2-min',
    changes: {
      'spec/metrics': [
        {
          type: 'Resource',
          pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } },
        },
      ],
    },
    errors: [
      'spec.metrics[0].resource: Required value: must populate information for the given metric source',
    ],
  },
  {
    title: 'a window is at most an hour',
    base: 'hpa-v2-min',
    changes: {
      'spec/behavior': {
        scaleDown: {
          stabilizationWindowSeconds: 3601,
          selectPolicy: 'Max',
          policies: [{ type: 'Pods', value: 1, periodSeconds: 1800 }],
        },
      },
    },
    errors: [
      'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
    ],
  },
  {
    title: 'a policy counts at most half an hour',
    base: 'hpa-v2-min',
    changes: {
      'spec/behavior': {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Most',
          policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }],
        },
      },
    },
    errors: [
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    ],
  },
]);

import { builtin, servedVersion } from '../common/builtin.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import { hpaColumns } from './hpa-columns.ts';
import { hpaFromV2, hpaToV2 } from './hpa-conversion.ts';
import { defaultHpa, defaultHpaV1 } from './hpa-defaults.ts';
import { validateAutoscaler, validateAutoscalerStatus, validateAutoscalerUpdate } from './hpa-validation.ts';

export const horizontalPodAutoscaler = builtin({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  served: [
    servedVersion('autoscaling', 'v2', 'HorizontalPodAutoscaler'),
    servedVersion('autoscaling', 'v1', 'HorizontalPodAutoscaler', {
      toStorage: (draft) => {
        defaultHpaV1(draft);
        hpaToV2(draft);
      },
      fromStorage: hpaFromV2,
    }),
  ],
  defaults: defaultHpa,
  statusDefaults: noStatusDefaults,
  ...withStatus(),
  validate: validateAutoscaler,
  validateUpdate: validateAutoscalerUpdate,
  validateStatusUpdate: validateAutoscalerStatus,
  columns: hpaColumns,
});

import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { ValidatingWebhookConfiguration } from '../generated/types.ts';
import { defaultWebhooks } from './rules-defaults.ts';
import { validateWebhooks, validateWebhooksUpdate } from './webhook-validation.ts';

export const validatingWebhookConfiguration = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  unconditionalUpdate: false,
  generationFields: ['webhooks'],
  defaults: (draft) => defaultWebhooks(draft, false),
  validate: validateWebhooks,
  validateUpdate: validateWebhooksUpdate,
  columns: [
    nameColumn,
    column<ValidatingWebhookConfiguration>('Webhooks', 'integer', (object) => object.webhooks?.length ?? 0),
    ageColumn,
  ],
});

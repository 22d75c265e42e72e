import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { MutatingWebhookConfiguration } from '../generated/types.ts';
import { defaultWebhooks } from './rules-defaults.ts';
import { validateWebhooks, validateWebhooksUpdate } from './webhook-validation.ts';

export const mutatingWebhookConfiguration = builtin({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  unconditionalUpdate: false,
  generationFields: ['webhooks'],
  defaults: (draft) => defaultWebhooks(draft, true),
  validate: validateWebhooks,
  validateUpdate: validateWebhooksUpdate,
  columns: [
    nameColumn,
    column<MutatingWebhookConfiguration>('Webhooks', 'integer', (object) => object.webhooks?.length ?? 0),
    ageColumn,
  ],
});

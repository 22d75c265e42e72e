import type { AdmissionPlugin } from '../chain.ts';
import { isExempt } from '../rule-matching.ts';
import { runMutating } from '../webhooks/mutate.ts';
import { runValidating } from '../webhooks/validate.ts';

const ALL = { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], resources: ['*'] } as const;

/**
 * Webhooks that may change objects (apiserver admission/plugin/webhook/mutating). The core calls nobody itself: it
 * asks, and is run again with the replies. While the way out is closed a matching request is refused as upstream
 * refuses when the call fails, or passes when the webhook's failures are to be ignored.
 */
export const mutatingWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  ...ALL,
  mutate: (request, context) => {
    if (!isExempt(request)) runMutating(request, context);
  },
};

/** Webhooks that may refuse requests (apiserver admission/plugin/webhook/validating). Called as the mutating ones. */
export const validatingWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  ...ALL,
  validate: (request, context) => {
    if (!isExempt(request)) runValidating(request, context);
  },
};

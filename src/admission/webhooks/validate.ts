/** Calls of validating webhooks, all at once (upstream: apiserver .../webhook/validating/dispatcher.go, 1.36). */

import type { PluginContext } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';
import { callAll, type PlannedCall, passOn, planCall } from './call.ts';
import { concerns, webhooksOf } from './configuration.ts';
import { callFailure, denial } from './refusal.ts';

/**
 * Runs the validating webhooks over a request. Throws the refusal of the first in order, after all have been heard,
 * and OutsideNeeded while replies are missing.
 */
export const runValidating = (request: AdmissionRequest, context: PluginContext): void => {
  const planned: PlannedCall[] = [];
  for (const placed of webhooksOf('validate', context)) {
    const version = concerns(placed.webhook, request, context);
    if (version !== undefined) planned.push(planCall(placed, request, version, context));
  }
  if (planned.length === 0) return;
  const outcomes = callAll(planned, context, false);
  const refusals = planned.flatMap(({ placed }, index) => {
    const { name, failurePolicy } = placed.webhook;
    const outcome = outcomes[index];
    if (outcome === undefined) return [];
    if (!outcome.ok) return failurePolicy === 'Ignore' ? [] : [callFailure(name, outcome.error)];
    passOn(placed, outcome.value, context);
    return outcome.value.allowed ? [] : [denial(name, outcome.value.result)];
  });
  const [first] = refusals;
  if (first !== undefined) throw first;
};

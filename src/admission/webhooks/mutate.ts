/**
 * Calls of mutating webhooks, one after the other, each seeing what those before it did (upstream: apiserver
 * admission/plugin/webhook/mutating/{dispatcher,reinvocationcontext}.go, 1.36).
 */

import { decodeValue } from '../../machinery/decode.ts';
import { cloneJson, deepEqual } from '../../machinery/deep.ts';
import { decodeJsonPatch, type JsonPatchOperation } from '../../machinery/json-patch.ts';
import type { Draft } from '../../machinery/object.ts';
import { pruneStructural } from '../../machinery/prune.ts';
import { internalError, StatusError } from '../../machinery/status.ts';
import { parseJson } from '../../machinery/strict-json.ts';
import type { PluginContext } from '../chain.ts';
import { applyOperations, PatchProblem } from '../patch-operations.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';
import { atVersion, replaceWith, schemaAt, toStored } from '../versioned.ts';
import { callAll, passOn, planCall } from './call.ts';
import { concerns, type PlacedWebhook, webhooksOf } from './configuration.ts';
import { callFailure, denial } from './refusal.ts';
import type { Verdict } from './review.ts';

/** What the second showing of a request depends on: which webhooks were called, and which must be again. */
interface Reinvocation {
  /** Webhooks that asked to see the object again and were called. */
  readonly called: Set<string>;
  /** Those after whose call the object changed. */
  readonly due: Set<string>;
  /** The object as the last webhook left it. */
  output: string;
}

const states = new WeakMap<AdmissionRequest, Reinvocation>();

const stateOf = (request: AdmissionRequest): Reinvocation => {
  const state = states.get(request) ?? { called: new Set(), due: new Set(), output: '' };
  states.set(request, state);
  return state;
};

const requireAgain = (state: Reinvocation): void => {
  for (const id of state.called) state.due.add(id);
};

/** The object with a patch applied, at the storage version. Throws 500 for a patch that does not fit. */
const patched = (
  patch: string,
  webhook: string,
  request: AdmissionRequest,
  version: MatchedVersion,
): Draft | undefined => {
  const operations = operationsOf(patch);
  if (operations.length === 0) return undefined;
  const { kind, object, bodyKind } = request;
  if (object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  const before = cloneJson(bodyKind === undefined ? atVersion(object, kind, version) : object) as Draft;
  const value = fitted(before, operations);
  const schema = schemaAt(request, version) ?? { type: 'any' };
  const result = kind.custom === true ? pruneStructural(value, schema) : decodeValue(value, schema);
  if (!result.ok) throw internalError(result.error);
  const { draft } = result.value;
  if (bodyKind !== undefined) return draft;
  draft['kind'] = kind.kind;
  const next = toStored(draft, kind, version);
  kind.defaults?.(next);
  return next;
};

/** A patch that is none, or does not fit, is the webhook's failure, not the client's. */
const operationsOf = (patch: string): readonly JsonPatchOperation[] => {
  const parsed = parseJson(patch);
  if (!parsed.ok) throw internalError(parsed.error);
  try {
    return decodeJsonPatch(parsed.value ?? [], true);
  } catch (error) {
    if (error instanceof StatusError) throw internalError(error.message);
    throw error;
  }
};

const fitted = (object: Draft, operations: readonly JsonPatchOperation[]): Draft => {
  try {
    return applyOperations(object, operations);
  } catch (error) {
    if (error instanceof PatchProblem) throw internalError(error.message);
    throw error;
  }
};

const take = (
  placed: PlacedWebhook,
  verdict: Verdict,
  request: AdmissionRequest,
  version: MatchedVersion,
  context: PluginContext,
): boolean => {
  const { name } = placed.webhook;
  passOn(placed, verdict, context);
  if (!verdict.allowed) throw denial(name, verdict.result);
  if (verdict.patch === undefined) return false;
  const next = patched(verdict.patch, name, request, version);
  if (next === undefined || request.object === undefined || deepEqual(next, request.object)) return false;
  replaceWith(request.object, next);
  return true;
};

/** Runs the mutating webhooks over a request. Throws refusals, and OutsideNeeded while a reply is missing. */
export const runMutating = (request: AdmissionRequest, context: PluginContext): void => {
  const hooks = webhooksOf('mutate', context);
  if (hooks.length === 0) return;
  const state = stateOf(request);
  const isSecond = context.isSecond === true;
  // Other plugins changed the object since: whoever wants to see changes is to see these.
  if (isSecond && JSON.stringify(request.object ?? null) !== state.output) requireAgain(state);
  for (const placed of hooks) {
    const { webhook, id } = placed;
    const version = concerns(webhook, request, context);
    if (version === undefined || (isSecond && !state.due.has(id))) continue;
    const [outcome] = callAll([planCall(placed, request, version, context)], context, true);
    if (outcome === undefined) continue;
    const changed = outcome.ok && take(placed, outcome.value, request, version, context);
    if (changed) {
      requireAgain(state);
      context.reinvoke?.();
    }
    if (webhook.reinvocationPolicy === 'IfNeeded') state.called.add(id);
    if (!outcome.ok && webhook.failurePolicy !== 'Ignore') throw callFailure(webhook.name, outcome.error);
  }
  state.output = JSON.stringify(request.object ?? null);
};

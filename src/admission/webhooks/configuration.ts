/**
 * Webhooks that admission may call: what their configurations say, and which requests they are about (upstream:
 * apiserver admission/plugin/webhook/generic, 1.36).
 */

import type { MatchCondition } from '../../kinds/generated/types.ts';
import type { WebhookClient } from '../../kinds/webhook-address.ts';
import type { LabelSelectorObject } from '../../machinery/selector.ts';
import { type Phase, type PluginContext, refuse } from '../chain.ts';
import { Activation, compileBase, meetsConditions, type PolicyBase } from '../policies/expressions.ts';
import type { AdmissionRequest } from '../request.ts';
import {
  findMatch,
  type MatchedVersion,
  matchesNamespace,
  matchesObject,
  type ResourceRule,
} from '../rule-matching.ts';

/** A webhook of either configuration. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: WebhookClient;
  readonly rules?: readonly ResourceRule[] | null;
  readonly failurePolicy?: string | null;
  readonly matchPolicy?: string | null;
  readonly namespaceSelector?: LabelSelectorObject | null;
  readonly objectSelector?: LabelSelectorObject | null;
  readonly sideEffects?: string | null;
  readonly timeoutSeconds?: number | null;
  readonly matchConditions?: readonly MatchCondition[] | null;
  readonly admissionReviewVersions?: readonly string[] | null;
  readonly reinvocationPolicy?: string | null;
}

/** A webhook with its place: configuration, index, and the state of the configuration it was read in. */
export interface PlacedWebhook {
  readonly webhook: Webhook;
  /** Unique among all webhooks, and constant (generic/webhook accessor's UID). */
  readonly id: string;
  /** Changes with every change of the configuration. */
  readonly revision: string;
}

const CONFIGURATIONS = {
  mutate: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  validate: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
} as const;

/** All webhooks of a phase, by configuration name and then as listed. */
export const webhooksOf = (phase: Phase, { lookup }: PluginContext): readonly PlacedWebhook[] =>
  lookup.list(CONFIGURATIONS[phase]).flatMap(({ metadata, webhooks }) =>
    ((webhooks ?? []) as readonly Webhook[]).map((webhook, index) => ({
      webhook,
      id: `${metadata.name ?? ''}/${webhook.name}/${index}`,
      revision: `${metadata.uid ?? ''}/${metadata.resourceVersion ?? ''}`,
    })),
  );

const compiled = new WeakMap<readonly MatchCondition[], PolicyBase>();

const baseOf = (conditions: readonly MatchCondition[]): PolicyBase => {
  const known = compiled.get(conditions) ?? compileBase(false, conditions, undefined);
  compiled.set(conditions, known);
  return known;
};

/** The webhook's own conditions; one that cannot be judged refuses, unless failures are to be ignored. */
const meets = (
  webhook: Webhook,
  request: AdmissionRequest,
  version: MatchedVersion,
  context: PluginContext,
): boolean => {
  const { matchConditions } = webhook;
  if (!matchConditions || matchConditions.length === 0) return true;
  const base = baseOf(matchConditions);
  const namespace =
    request.namespace === '' ? undefined : context.lookup.get('namespaces', '', request.namespace);
  const activation = new Activation(base, request, context, undefined, namespace, version);
  const { met, error } = meetsConditions(base, activation);
  if (error !== undefined && webhook.failurePolicy !== 'Ignore') throw refuse(request, error);
  return met;
};

/**
 * The version at which a webhook wants to see the request; `undefined` when it is not about it. Throws 404 when the
 * namespace is gone, and 403 for a condition that cannot be judged.
 */
export const concerns = (
  webhook: Webhook,
  request: AdmissionRequest,
  context: PluginContext,
): MatchedVersion | undefined => {
  const { lookup } = context;
  const version = findMatch(
    webhook.rules,
    request,
    webhook.matchPolicy === 'Exact' ? 'Exact' : 'Equivalent',
    lookup,
  );
  if (version === undefined) return undefined;
  if (!matchesNamespace(webhook.namespaceSelector, request, lookup)) return undefined;
  if (!matchesObject(webhook.objectSelector, request)) return undefined;
  return meets(webhook, request, version, context) ? version : undefined;
};

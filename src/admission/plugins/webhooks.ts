import type { MatchCondition, Service } from '../../kinds/generated/types.ts';
import type { LabelSelectorObject } from '../../machinery/selector.ts';
import { badRequest, internalError, type StatusError } from '../../machinery/status.ts';
import { type AdmissionPlugin, type PluginContext, refuse } from '../chain.ts';
import { Activation, compileBase, meetsConditions } from '../policies/expressions.ts';
import type { AdmissionRequest } from '../request.ts';
import {
  isExempt,
  type MatchPolicy,
  matchesNamespace,
  matchesObject,
  matchesRules,
  type ResourceRule,
} from '../rule-matching.ts';

/** A webhook of either configuration. */
interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string | null;
    readonly service?: {
      readonly namespace: string;
      readonly name: string;
      readonly path?: string;
      readonly port?: number;
    } | null;
  };
  readonly rules?: readonly ResourceRule[] | null;
  readonly failurePolicy?: string | null;
  readonly matchPolicy?: string | null;
  readonly namespaceSelector?: LabelSelectorObject | null;
  readonly objectSelector?: LabelSelectorObject | null;
  readonly sideEffects?: string | null;
  readonly timeoutSeconds?: number | null;
  readonly matchConditions?: readonly MatchCondition[] | null;
}

const CONFIGURATIONS = {
  mutate: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  validate: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
} as const;

const concerns = (webhook: Webhook, request: AdmissionRequest, { lookup }: PluginContext): boolean => {
  const policy: MatchPolicy = webhook.matchPolicy === 'Exact' ? 'Exact' : 'Equivalent';
  return (
    matchesRules(webhook.rules, request, policy) &&
    matchesNamespace(webhook.namespaceSelector, request, lookup) &&
    matchesObject(webhook.objectSelector, request)
  );
};

/** The webhook's own conditions; one that cannot be judged refuses, unless failures are to be ignored. */
const meets = (webhook: Webhook, request: AdmissionRequest, context: PluginContext): boolean => {
  const { matchConditions } = webhook;
  if (!matchConditions || matchConditions.length === 0) return true;
  const base = compileBase(false, matchConditions, undefined);
  const namespace = context.lookup.get('namespaces', '', request.namespace);
  const { met, error } = meetsConditions(base, new Activation(base, request, context, undefined, namespace));
  if (error !== undefined && webhook.failurePolicy !== 'Ignore') throw refuse(request, error);
  return met;
};

const DEFAULT_PORT = 443;

const targetOf = ({ clientConfig: { url, service } }: Webhook): string => {
  if (!service) return url ?? '';
  const { name, namespace, path = '', port = DEFAULT_PORT } = service;
  return `https://${name}.${namespace}.svc:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`;
};

/**
 * Why the call fails. Differs: nothing outside the core is ever called, so every webhook is one nobody answers for: a
 * missing Service, a Service nothing listens behind, a host name nobody knows.
 */
const failureOf = ({ clientConfig: { url, service } }: Webhook, { lookup }: PluginContext): string => {
  if (!service) {
    const host = /^https:\/\/([^/:?]+)/.exec(url ?? '')?.[1] ?? '';
    return `dial tcp: lookup ${host}: no such host`;
  }
  const found: Service | undefined = lookup.get('services', service.namespace, service.name);
  if (found === undefined) return `service "${service.name}" not found`;
  const { clusterIP } = found.spec ?? {};
  return `dial tcp ${clusterIP}:${service.port ?? DEFAULT_PORT}: connect: connection refused`;
};

const callError = (webhook: Webhook, context: PluginContext): StatusError => {
  const timeout = webhook.timeoutSeconds ?? 10;
  const target = targetOf(webhook);
  const url = `${target}${target.includes('?') ? '&' : '?'}timeout=${timeout}s`;
  return internalError(
    `failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: Post ${JSON.stringify(url)}: ${failureOf(webhook, context)}`,
  );
};

const run = (phase: 'mutate' | 'validate', request: AdmissionRequest, context: PluginContext): void => {
  if (isExempt(request)) return;
  for (const configuration of context.lookup.list(CONFIGURATIONS[phase])) {
    for (const webhook of (configuration.webhooks ?? []) as readonly Webhook[]) {
      if (!concerns(webhook, request, context) || !meets(webhook, request, context)) continue;
      if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
        throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
      if (webhook.failurePolicy !== 'Ignore') throw callError(webhook, context);
    }
  }
};

const ALL = { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], resources: ['*'] } as const;

/**
 * Webhooks that may change objects (apiserver admission/plugin/webhook/mutating). No call leaves the core: a matching
 * request is refused as upstream refuses when the call fails, or passes when the webhook's failures are to be ignored.
 */
export const mutatingWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  ...ALL,
  mutate: (request, context) => run('mutate', request, context),
};

/** Webhooks that may refuse requests (apiserver admission/plugin/webhook/validating). Called as the mutating ones. */
export const validatingWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  ...ALL,
  validate: (request, context) => run('validate', request, context),
};

/** One call of a webhook: where it goes, what it is asked, and what is made of the reply. */

import type { Service } from '../../kinds/generated/types.ts';
import type { OutsideCall } from '../../machinery/outside.ts';
import { bad, good, type Result } from '../../machinery/result.ts';
import { sha256Hex } from '../../machinery/sha256.ts';
import { badRequest } from '../../machinery/status.ts';
import type { PluginContext } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';
import type { PlacedWebhook, Webhook } from './configuration.ts';
import { printReview, readReply, readVerdict, reviewedRequest, type Verdict } from './review.ts';

const DEFAULT_PORT = 443;
const DEFAULT_TIMEOUT_SECONDS = 10;

/** The address a webhook is told of, in failures and, for URLs, on the wire. */
const targetOf = ({ clientConfig: { url, service } }: Webhook): string => {
  if (!service) return url ?? '';
  const { name, namespace, path = '', port = DEFAULT_PORT } = service;
  return `https://${name}.${namespace}.svc:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`;
};

const withTimeout = (target: string, seconds: number): string =>
  `${target}${target.includes('?') ? '&' : '?'}timeout=${seconds}s`;

/**
 * Where the call really goes: a URL itself, or the outside name behind a Service of type ExternalName. The error says
 * why it can go nowhere. Differs: nothing inside the cluster answers, since no process runs there.
 */
const routeOf = (webhook: Webhook, { lookup }: PluginContext): Result<string> => {
  const { service } = webhook.clientConfig;
  if (!service) return good(targetOf(webhook));
  const found: Service | undefined = lookup.get('services', service.namespace, service.name);
  if (found === undefined) return bad(`service "${service.name}" not found`);
  const { type, externalName = '', clusterIP } = found.spec ?? {};
  const port = service.port ?? DEFAULT_PORT;
  if (type !== 'ExternalName') return bad(`dial tcp ${clusterIP}:${port}: connect: connection refused`);
  const path = service.path ?? '';
  return good(`https://${externalName}:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`);
};

const hostOf = (url: string): string => /^https:\/\/([^/:?]+)/.exec(url)?.[1] ?? '';

/** A webhook with what it is asked; `failure` instead when the question cannot leave the cluster. */
export interface PlannedCall {
  readonly placed: PlacedWebhook;
  readonly uid: string;
  /** The address in messages. */
  readonly url: string;
  readonly call?: OutsideCall;
  readonly failure?: string;
}

/** Throws 400 for a dry run that the webhook's side effects forbid. */
const checkDryRun = (webhook: Webhook, request: AdmissionRequest): void => {
  const { sideEffects, name } = webhook;
  if (!request.dryRun || sideEffects === 'None' || sideEffects === 'NoneOnDryRun') return;
  throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
};

const uuidOf = (digest: string): string =>
  `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;

/** Plans the call of a webhook about a request. Throws 400 when a dry run may not be shown to it. */
export const planCall = (
  placed: PlacedWebhook,
  request: AdmissionRequest,
  version: MatchedVersion,
  context: PluginContext,
): PlannedCall => {
  const { webhook } = placed;
  checkDryRun(webhook, request);
  const seconds = webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  const url = withTimeout(targetOf(webhook), seconds);
  const route = routeOf(webhook, context);
  if (!route.ok) return { placed, uid: '', url, failure: route.error };
  const address = withTimeout(route.value, seconds);
  if (context.ask === undefined || context.reaches?.(address) !== true) {
    return { placed, uid: '', url, failure: `dial tcp: lookup ${hostOf(route.value)}: no such host` };
  }
  const asked = reviewedRequest(request, version);
  // The same question of the same request has the same id; another request's differs by when it began.
  const id = sha256Hex(
    JSON.stringify([placed.id, placed.revision, address, context.isSecond === true, context.now, asked]),
  );
  const uid = uuidOf(id);
  return {
    placed,
    uid,
    url,
    call: { id, url: address, body: printReview(uid, asked), timeoutSeconds: seconds },
  };
};

/** Verdicts of calls that are made at once, in their order. Throws OutsideNeeded until all replies are there. */
export const callAll = (
  planned: readonly PlannedCall[],
  context: PluginContext,
  isMutating: boolean,
): readonly Result<Verdict>[] => {
  const calls = planned.flatMap(({ call }) => (call === undefined ? [] : [call]));
  const replies = calls.length === 0 ? [] : (context.ask?.(calls) ?? []);
  return planned.map(({ call, failure, uid, url }) => {
    const reply = call === undefined ? undefined : replies[calls.indexOf(call)];
    const body = readReply(reply ?? { failure: failure ?? 'no reply' }, url);
    return body.ok ? readVerdict(body.value, uid, isMutating) : body;
  });
};

/** Tells the client and the audit record what came with a verdict. */
export const passOn = ({ webhook }: PlacedWebhook, verdict: Verdict, context: PluginContext): void => {
  for (const [key, value] of Object.entries(verdict.annotations))
    context.audit?.(`${webhook.name}/${key}`, value);
  for (const text of verdict.warnings) context.warn(text);
};

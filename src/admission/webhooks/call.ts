/** One call of a webhook: where it goes, what it is asked, and what is made of the reply. */

import { webhookRoute, webhookTarget } from '../../kinds/webhook-address.ts';
import type { OutsideCall } from '../../machinery/outside.ts';
import type { Result } from '../../machinery/result.ts';
import { sha256Hex } from '../../machinery/sha256.ts';
import { badRequest } from '../../machinery/status.ts';
import type { PluginContext } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';
import type { PlacedWebhook, Webhook } from './configuration.ts';
import { readReply } from './reply.ts';
import { printReview, readVerdict, reviewedRequest, type Verdict } from './review.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;

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
  const url = webhookTarget(webhook.clientConfig, seconds);
  const route = webhookRoute(
    webhook.clientConfig,
    seconds,
    context.lookup,
    context.ask === undefined ? undefined : context.reaches,
  );
  if (!route.ok) return { placed, uid: '', url, failure: route.error };
  const address = route.value;
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

/** What a webhook may add to one audit record: so many annotations, of so many characters each. */
const MOST_ANNOTATIONS = 32;
const LONGEST_ANNOTATION = 4096;
const LONGEST_KEY = 256;

/** Tells the client and the audit record what came with a verdict. */
export const passOn = ({ webhook }: PlacedWebhook, verdict: Verdict, context: PluginContext): void => {
  for (const [key, value] of Object.entries(verdict.annotations).slice(0, MOST_ANNOTATIONS)) {
    if (key.length <= LONGEST_KEY)
      context.audit?.(`${webhook.name}/${key}`, value.slice(0, LONGEST_ANNOTATION));
  }
  for (const text of verdict.warnings) context.warn(text);
};

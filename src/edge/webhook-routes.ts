import { z } from 'zod';
import { printTime } from '../machinery/time.ts';
import { checkOutboundUrl, OutboundRefused, outboundPolicy } from '../platform/outbound-guard.ts';
import { type Owner, requireRole } from '../platform/ownership.ts';
import { pageRequestOf } from '../platform/page.ts';
import { badRequestProblem, makeProblem, notFoundProblem } from '../platform/problem.ts';
import { makeSecret } from '../platform/secrets.ts';
import type { CourierRpc, Webhook } from '../platform/webhooks/contract.ts';
import { WEBHOOK_EVENT_TYPES, WEBHOOK_EVENTS } from '../platform/webhooks/events.ts';
import { type AnyCall, created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { opaqueId, pageOf, pageShape, timeText } from './control/schemas.ts';
import type { Env } from './env.ts';

const SECRET_PREFIX = 'whsec_';

/** What a webhook may ask for: one kind, all of a thing, or all. */
const eventName = z.enum([...WEBHOOK_EVENT_TYPES, 'cluster.*', 'environment.*', '*']);

const eventNames = z.array(eventName).min(1).max(20);
const urlText = z.string().min(1).max(2048);
const secretText = z.string().min(1).max(256);
const descriptionText = z.string().max(200);

const webhookView = z
  .object({
    id: opaqueId,
    url: z.string(),
    events: z.array(z.string()),
    description: z.string(),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().meta({ description: 'Why it was switched off for you' }),
    oldSecretUntil: timeText.nullable().meta({ description: 'Until when the former secret signs too' }),
    failures: z.number().int().meta({ description: 'Attempts that failed since the last that did not' }),
    createdAt: timeText,
  })
  .meta({ id: 'Webhook' });

const newWebhook = z
  .object({
    ...webhookView.shape,
    secret: z.string().optional().meta({ description: 'Shown this once, when it was made for you' }),
  })
  .meta({ id: 'NewWebhook' });

const view = ({ createdAt, oldSecretUntil, disabledReason, ...rest }: Webhook) => ({
  ...rest,
  disabledReason: disabledReason ?? null,
  oldSecretUntil: oldSecretUntil === undefined ? null : printTime(oldSecretUntil),
  createdAt: printTime(createdAt),
});

/** Whose webhooks a route is about: the account's, or those of an organisation it governs. */
export const ownerQuery = {
  organisation: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Id of the organisation whose webhooks are meant' }),
} as const;

const ownerOf = async (
  { directory, caller }: Pick<AnyCall, 'directory' | 'caller'>,
  organisationId: string | undefined,
): Promise<Owner> => {
  const { accountId } = caller;
  if (organisationId === undefined) return { accountId, organisationId: null };
  await requireRole(directory.db, organisationId, accountId, 'govern');
  return { accountId, organisationId };
};

/** The courier behind a call of a webhook route. */
export const courierFor = async (
  call: Pick<AnyCall, 'directory' | 'caller'> & {
    readonly query: { readonly organisation?: string | undefined };
  },
): Promise<CourierRpc> => call.directory.courier(await ownerOf(call, call.query.organisation));

/** The thing, or a 404 problem. */
export const requireFound = <Found>(found: Found | undefined, what: string): Found => {
  if (found === undefined) throw notFoundProblem(what);
  return found;
};

const requireUrl = (env: Env, url: string): void => {
  try {
    checkOutboundUrl(url, outboundPolicy(env));
  } catch (error) {
    if (!(error instanceof OutboundRefused)) throw error;
    throw badRequestProblem(`url: ${error.message}`, [{ path: 'url', message: error.message }]);
  }
};

const exampleWebhook = {
  id: 'whkt2…',
  url: 'https://hooks.example.com/kubicle',
  events: ['environment.passed'],
  description: '',
  enabled: true,
  disabledReason: null,
  oldSecretUntil: null,
  failures: 0,
  createdAt: '2026-11-21T09:00:00Z',
};

const createWebhook = defineRoute({
  id: 'createWebhook',
  method: 'POST',
  path: '/webhooks',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Register a webhook',
  description: `Each event is posted to \`url\` as \`{id, type, createdAt, data}\`, signed with \`secret\` (one is made when none is given). Kinds of events:\n\n${Object.entries(
    WEBHOOK_EVENTS,
  )
    .map(([type, meaning]) => `- \`${type}\`: ${meaning}`)
    .join('\n')}`,
  body: z.strictObject({
    url: urlText,
    events: eventNames.default(['*']),
    secret: secretText.optional(),
    description: descriptionText.default(''),
    organisationId: z.string().max(64).optional(),
  }),
  answers: { 201: { description: 'The webhook', schema: newWebhook } },
  problems: ['forbidden', 'quota-exceeded'],
  example: {
    body: {
      url: 'https://hooks.example.com/kubicle',
      events: ['environment.passed'],
      secret: 'a long random text',
    },
    answer: exampleWebhook,
  },
  handle: async (call) => {
    const { organisationId, secret: given, ...wanted } = call.body;
    requireUrl(call.env, wanted.url);
    const owner = await ownerOf(call, organisationId);
    const secret = given ?? makeSecret(SECRET_PREFIX);
    const { counts } = await call.directory.limitsOf(owner.accountId);
    const made = await call.directory.courier(owner).add({ ...wanted, secret }, counts.webhooks);
    if (made === undefined) {
      throw makeProblem('quota-exceeded', `the plan allows at most ${counts.webhooks} webhooks`);
    }
    return created(
      { ...view(made), ...(given === undefined ? { secret } : {}) },
      `/v1/webhooks/${made.id}${organisationId === undefined ? '' : `?organisation=${organisationId}`}`,
    );
  },
});

const listWebhooks = defineRoute({
  id: 'listWebhooks',
  method: 'GET',
  path: '/webhooks',
  scope: 'webhooks:read',
  tag: 'Webhooks',
  summary: 'List webhooks',
  query: z.object({ ...pageShape, ...ownerQuery }),
  answers: { 200: { description: 'Oldest first', schema: pageOf(webhookView, 'WebhookList') } },
  problems: ['forbidden'],
  handle: async (call) => {
    const { items, ...rest } = await (await courierFor(call)).list(pageRequestOf(call.query));
    return ok({ items: items.map(view), ...rest });
  },
});

const getWebhook = defineRoute({
  id: 'getWebhook',
  method: 'GET',
  path: '/webhooks/{id}',
  scope: 'webhooks:read',
  tag: 'Webhooks',
  summary: 'Read a webhook',
  query: z.object(ownerQuery),
  answers: { 200: { description: 'The webhook', schema: webhookView } },
  example: { answer: exampleWebhook },
  handle: async (call) =>
    ok(view(requireFound(await (await courierFor(call)).get(call.params.id), 'webhook'))),
});

const changeWebhook = defineRoute({
  id: 'changeWebhook',
  method: 'PATCH',
  path: '/webhooks/{id}',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Change a webhook, or switch it off and on',
  description: 'What is under way when it is switched off is given up.',
  query: z.object(ownerQuery),
  body: z.strictObject({
    url: urlText.optional(),
    events: eventNames.optional(),
    description: descriptionText.optional(),
    enabled: z.boolean().optional(),
  }),
  answers: { 200: { description: 'The webhook', schema: webhookView } },
  example: { body: { enabled: false }, answer: { ...exampleWebhook, enabled: false } },
  handle: async (call) => {
    if (call.body.url !== undefined) requireUrl(call.env, call.body.url);
    const changed = await (await courierFor(call)).change(call.params.id, call.body);
    return ok(view(requireFound(changed, 'webhook')));
  },
});

const rotateSecret = defineRoute({
  id: 'rotateWebhookSecret',
  method: 'POST',
  path: '/webhooks/{id}/rotate',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Change the secret',
  description:
    'Deliveries are signed with the new and the former secret for `overlapSeconds`, so that receivers can change over without losing any.',
  query: z.object(ownerQuery),
  body: z.strictObject({
    secret: secretText.optional(),
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 24 * 3600)
      .default(24 * 3600),
  }),
  answers: { 200: { description: 'The webhook', schema: newWebhook } },
  handle: async (call) => {
    const { secret: given, overlapSeconds } = call.body;
    const secret = given ?? makeSecret(SECRET_PREFIX);
    const changed = await (await courierFor(call)).change(call.params.id, { secret, overlapSeconds });
    return ok({
      ...view(requireFound(changed, 'webhook')),
      ...(given === undefined ? { secret } : {}),
    });
  },
});

const deleteWebhook = defineRoute({
  id: 'deleteWebhook',
  method: 'DELETE',
  path: '/webhooks/{id}',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Remove a webhook with its deliveries',
  query: z.object(ownerQuery),
  answers: { 204: { description: 'Removed' } },
  handle: async (call) => {
    if (!(await (await courierFor(call)).remove(call.params.id))) throw notFoundProblem('webhook');
    return noContent();
  },
});

/** Webhooks themselves. */
export const webhookRoutes: readonly Route[] = [
  createWebhook,
  listWebhooks,
  getWebhook,
  changeWebhook,
  rotateSecret,
  deleteWebhook,
];

import { z } from 'zod';
import { printTime } from '../machinery/time.ts';
import { pageRequestOf } from '../platform/page.ts';
import type { Delivery } from '../platform/webhooks/contract.ts';
import { accepted, defineRoute, ok, type Route } from './control/route.ts';
import { opaqueId, pageOf, pageShape, timeText } from './control/schemas.ts';
import { courierFor, ownerQuery, requireFound } from './webhook-routes.ts';

const status = z.enum(['pending', 'delivered', 'failed']);

const deliveryView = z
  .object({
    id: opaqueId,
    webhookId: opaqueId,
    eventId: opaqueId,
    type: z.string(),
    status,
    attempts: z.array(
      z.object({
        at: timeText,
        statusCode: z.number().int().optional().meta({ description: 'Absent when there was no answer' }),
        error: z.string().optional(),
        durationMs: z.number().int(),
        answer: z.string().optional().meta({ description: 'The beginning of the answer' }),
      }),
    ),
    nextAttemptAt: timeText.nullable(),
    createdAt: timeText,
  })
  .meta({ id: 'Delivery' });

const view = ({ attempts, nextAttemptAt, createdAt, ...rest }: Delivery) => ({
  ...rest,
  attempts: attempts.map(({ at, ...attempt }) => ({ at: printTime(at), ...attempt })),
  nextAttemptAt: nextAttemptAt === undefined ? null : printTime(nextAttemptAt),
  createdAt: printTime(createdAt),
});

const listDeliveries = defineRoute({
  id: 'listDeliveries',
  method: 'GET',
  path: '/webhooks/{id}/deliveries',
  scope: 'webhooks:read',
  tag: 'Webhooks',
  summary: 'The delivery log',
  description: 'Newest first; the last thousand, of the last 30 days.',
  query: z.object({ ...pageShape, ...ownerQuery, status: status.optional() }),
  answers: { 200: { description: 'Deliveries', schema: pageOf(deliveryView, 'DeliveryList') } },
  handle: async (call) => {
    const courier = await courierFor(call);
    requireFound(await courier.get(call.params.id), 'webhook');
    const { query } = call;
    const page = pageRequestOf(query);
    const { items, ...rest } = await courier.deliveries(call.params.id, { status: query.status }, page);
    return ok({ items: items.map(view), ...rest });
  },
});

const getDelivery = defineRoute({
  id: 'getDelivery',
  method: 'GET',
  path: '/webhooks/{id}/deliveries/{delivery}',
  scope: 'webhooks:read',
  tag: 'Webhooks',
  summary: 'Read a delivery',
  query: z.object(ownerQuery),
  answers: { 200: { description: 'The delivery', schema: deliveryView } },
  handle: async (call) => {
    const { id, delivery } = call.params;
    return ok(view(requireFound(await (await courierFor(call)).delivery(id, delivery), 'delivery')));
  },
});

const redeliver = defineRoute({
  id: 'redeliver',
  method: 'POST',
  path: '/webhooks/{id}/deliveries/{delivery}/redeliver',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Send an event once more',
  description: 'The same event with the same id, as a new delivery.',
  query: z.object(ownerQuery),
  answers: { 202: { description: 'The new delivery', schema: deliveryView } },
  handle: async (call) => {
    const { id, delivery } = call.params;
    const again = await (await courierFor(call)).redeliver(id, delivery);
    return accepted(view(requireFound(again, 'delivery')));
  },
});

const ping = defineRoute({
  id: 'pingWebhook',
  method: 'POST',
  path: '/webhooks/{id}/ping',
  scope: 'webhooks:write',
  tag: 'Webhooks',
  summary: 'Send a test event',
  description: 'An event of kind `ping`, whatever the webhook asked for.',
  query: z.object(ownerQuery),
  answers: { 202: { description: 'The delivery', schema: deliveryView } },
  handle: async (call) =>
    accepted(view(requireFound(await (await courierFor(call)).ping(call.params.id), 'webhook'))),
});

/** What became of events. */
export const deliveryRoutes: readonly Route[] = [listDeliveries, getDelivery, redeliver, ping];

import { type Controller, watch } from './contract.ts';

/** How long an Event stays after it was last written (the API server's --event-ttl). */
const TTL_MS = 3_600_000;
/** Events are looked through once for each span of this length that has any. */
const SPAN_MS = 600_000;
const BATCH = 1000;

/** Removes Events an hour after they were last written. The key is the span they were written in. */
export const eventTtlController: Controller = {
  name: 'event-ttl-controller',
  watches: [
    watch('events', ({ op, at }) => (op === 'delete' ? [] : [String(Math.floor(at / SPAN_MS))]), TTL_MS),
  ],
  reconcile: ({ client, now }, key) => {
    // The first of the span is due: the whole span is, a span later, so that each is looked through once.
    const due = (Number(key) + 1) * SPAN_MS + TTL_MS;
    if (due > now) return { at: due };
    return client.expire('events', now - TTL_MS, BATCH) ? { at: now } : undefined;
  },
};

/**
 * The courier of one owner's webhooks: an outbox in SQLite and an alarm. An event that was taken is delivered or
 * given up visibly, over restarts; a slow receiver holds up nobody but its owner. All times are wall milliseconds.
 */

import { DurableObject } from 'cloudflare:workers';
import { guardedFetch, OutboundRefused, outboundPolicy } from '../src/platform/outbound-guard.ts';
import type { Page, PageRequest } from '../src/platform/page.ts';
import { openSealer, type Sealer } from '../src/platform/sealing.ts';
import { makeId } from '../src/platform/secrets.ts';
import type {
  Attempt,
  CourierRpc,
  Delivery,
  DeliveryStatus,
  Webhook,
  WebhookChange,
  WebhookEvent,
  WebhookRequest,
} from '../src/platform/webhooks/contract.ts';
import { PING, wants } from '../src/platform/webhooks/events.ts';
import { FAILURES_UNTIL_DISABLED, nextAttemptAt } from '../src/platform/webhooks/retry.ts';
import { SIGNATURE_HEADER, signDelivery } from '../src/platform/webhooks/signature.ts';
import { CourierStore, type DueDelivery, type StoredWebhook } from './courier-store.ts';
import { makeSqlPort } from './sql-adapter.ts';

interface Bindings {
  readonly SIGNING_KEY: string;
  readonly SEALING_KEY?: string;
  readonly PUBLIC_URL?: string;
  readonly OUTBOUND_LOOPBACK?: string;
}

/** How many calls are made at a time, and one after the other in one alarm. */
const AT_ONCE = 8;
const A_TURN = 64;
const BOUNDS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };
const SHOWN_ANSWER = 500;
const USED = 'used';

const shown = ({ secret: _, oldSecret: __, ...webhook }: StoredWebhook): Webhook => webhook;

const messageOf = (error: unknown): string => {
  if (error instanceof OutboundRefused) return error.message;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError') return `no answer within ${BOUNDS.timeoutMs / 1000} seconds`;
  // What the runtime says of its own, e.g. for a refused connection, means nothing to the owner.
  return message.startsWith('internal error') ? 'the receiver cannot be reached' : message;
};

const isGood = ({ statusCode = 0 }: Attempt): boolean => statusCode >= 200 && statusCode < 300;

/** One owner's webhooks. */
export class Courier extends DurableObject<Bindings> implements CourierRpc {
  #opened: CourierStore | undefined;
  #sealing: Promise<Sealer> | undefined;

  get #store(): CourierStore {
    this.#opened ??= new CourierStore(makeSqlPort(this.ctx.storage));
    return this.#opened;
  }

  get #sealer(): Promise<Sealer> {
    this.#sealing ??= openSealer(this.env.SEALING_KEY ?? this.env.SIGNING_KEY);
    return this.#sealing;
  }

  async add({ secret, ...wanted }: WebhookRequest, limit: number): Promise<Webhook | undefined> {
    const id = makeId('whk');
    const sealed = await (await this.#sealer).seal(secret, id);
    if (this.#store.count() >= limit) return undefined;
    const webhook: StoredWebhook = {
      id,
      ...wanted,
      secret: sealed,
      oldSecret: undefined,
      oldSecretUntil: undefined,
      enabled: true,
      disabledReason: undefined,
      failures: 0,
      createdAt: Date.now(),
    };
    this.ctx.storage.kv.put(USED, true);
    this.#store.put(webhook);
    return shown(webhook);
  }

  async list(page: PageRequest): Promise<Page<Webhook>> {
    const { items, ...rest } = this.#store.page(page);
    return { items: items.map(shown), ...rest };
  }

  async get(id: string): Promise<Webhook | undefined> {
    const webhook = this.#store.webhook(id);
    return webhook && shown(webhook);
  }

  async change(
    id: string,
    { secret, overlapSeconds = 0, ...change }: WebhookChange,
  ): Promise<Webhook | undefined> {
    const sealed = secret === undefined ? undefined : await (await this.#sealer).seal(secret, id);
    const before = this.#store.webhook(id);
    if (before === undefined) return undefined;
    const rotation =
      sealed === undefined
        ? {}
        : {
            secret: sealed,
            oldSecret: overlapSeconds === 0 ? undefined : before.secret,
            oldSecretUntil: overlapSeconds === 0 ? undefined : Date.now() + overlapSeconds * 1000,
          };
    const reset = change.enabled === undefined ? {} : { disabledReason: undefined, failures: 0 };
    const present = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const after: StoredWebhook = { ...before, ...present, ...reset, ...rotation };
    this.#store.put(after);
    if (!after.enabled) this.#store.abandon(id);
    return shown(after);
  }

  async remove(id: string): Promise<boolean> {
    if (this.#store.webhook(id) === undefined) return false;
    this.#store.remove(id);
    return true;
  }

  async count(): Promise<number> {
    return this.#store.count();
  }

  async emit({ type, data }: WebhookEvent): Promise<void> {
    // Most owners have no webhooks: their objects stay empty.
    if (this.ctx.storage.kv.get(USED) !== true) return;
    const receivers = this.#store.webhooks().filter(({ enabled, events }) => enabled && wants(events, type));
    if (receivers.length > 0) this.#send(receivers, type, data);
  }

  async ping(id: string): Promise<Delivery | undefined> {
    const webhook = this.#store.webhook(id);
    if (webhook === undefined) return undefined;
    const [delivery] = this.#send([webhook], PING, { webhookId: id });
    return delivery === undefined ? undefined : this.#store.delivery(id, delivery);
  }

  async deliveries(
    webhookId: string,
    { status }: { readonly status?: DeliveryStatus },
    page: PageRequest,
  ): Promise<Page<Delivery>> {
    return this.#store.deliveries(webhookId, status, page);
  }

  async delivery(webhookId: string, id: string): Promise<Delivery | undefined> {
    return this.#store.delivery(webhookId, id);
  }

  async redeliver(webhookId: string, id: string): Promise<Delivery | undefined> {
    const before = this.#store.delivery(webhookId, id);
    if (before === undefined) return undefined;
    const again = this.#store.addDelivery(webhookId, before.eventId, Date.now());
    await this.#arm();
    return this.#store.delivery(webhookId, again);
  }

  async destroy(): Promise<void> {
    this.#opened = undefined;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    const due = this.#store.due(Date.now(), A_TURN);
    for (let start = 0; start < due.length; start += AT_ONCE) {
      await Promise.all(due.slice(start, start + AT_ONCE).map((delivery) => this.#attempt(delivery)));
    }
    this.#store.prune(Date.now());
    await this.#arm();
  }

  #send(receivers: readonly StoredWebhook[], type: string, data: unknown): readonly string[] {
    const now = Date.now();
    const id = makeId('evt');
    const body = JSON.stringify({ id, type, createdAt: new Date(now).toISOString(), data });
    const ids = this.ctx.storage.transactionSync(() => {
      this.#store.addEvent(id, type, body, now);
      return receivers.map((webhook) => this.#store.addDelivery(webhook.id, id, now));
    });
    void this.#arm();
    return ids;
  }

  async #arm(): Promise<void> {
    const next = this.#store.nextDue();
    if (next !== undefined) await this.ctx.storage.setAlarm(Math.max(next, Date.now()));
  }

  async #attempt(delivery: DueDelivery): Promise<void> {
    const webhook = this.#store.webhook(delivery.webhookId);
    if (webhook === undefined) return;
    const attempt = await this.#call(webhook, delivery);
    // The owner may have changed or removed it meanwhile.
    const current = this.#store.webhook(delivery.webhookId);
    if (current === undefined) return;
    if (isGood(attempt)) {
      this.#store.noteAttempt(delivery, attempt, 'delivered', undefined);
      this.#store.put({ ...current, failures: 0 });
      return;
    }
    const tried = delivery.attempts.length + 1;
    const again = current.enabled ? nextAttemptAt(tried, Date.now(), Math.random()) : undefined;
    this.#store.noteAttempt(delivery, attempt, again === undefined ? 'failed' : 'pending', again);
    this.#judge({ ...current, failures: current.failures + 1 }, attempt);
  }

  /** Switches a webhook off that says so (410) or has failed too often. */
  #judge(webhook: StoredWebhook, { statusCode }: Attempt): void {
    const why =
      statusCode === 410
        ? 'the receiver answered 410 Gone'
        : webhook.failures >= FAILURES_UNTIL_DISABLED
          ? `${webhook.failures} attempts in a row failed`
          : undefined;
    const isOff = why !== undefined && webhook.enabled;
    this.#store.put(isOff ? { ...webhook, enabled: false, disabledReason: why } : webhook);
    if (isOff) this.#store.abandon(webhook.id);
  }

  async #secretsOf({ id, secret, oldSecret, oldSecretUntil = 0 }: StoredWebhook): Promise<string[]> {
    const sealed = oldSecret !== undefined && oldSecretUntil > Date.now() ? [secret, oldSecret] : [secret];
    const sealer = await this.#sealer;
    const opened = await Promise.all(sealed.map((text) => sealer.open(text, id)));
    return opened.filter((text) => text !== undefined);
  }

  async #call(webhook: StoredWebhook, { id, type, body }: DueDelivery): Promise<Attempt> {
    const at = Date.now();
    try {
      const secrets = await this.#secretsOf(webhook);
      if (secrets.length === 0) throw new Error('the secret can no longer be read; set a new one');
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'kubicle-webhooks/1',
        'kubicle-event': type,
        'kubicle-delivery': id,
        [SIGNATURE_HEADER]: await signDelivery(secrets, body, at),
      };
      const init = { method: 'POST', headers, body };
      const answer = await guardedFetch(webhook.url, init, outboundPolicy(this.env), BOUNDS);
      const text = new TextDecoder().decode(answer.body.subarray(0, SHOWN_ANSWER));
      const durationMs = Date.now() - at;
      return { at, statusCode: answer.status, durationMs, ...(text === '' ? {} : { answer: text }) };
    } catch (error) {
      return { at, error: messageOf(error), durationMs: Date.now() - at };
    }
  }
}

import type { Page, PageRequest } from '../page.ts';
import type { WebhookEventType } from './events.ts';

/** A webhook as its owner sees it; never its secret. Times are wall milliseconds. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string;
  readonly enabled: boolean;
  /** Why it was switched off, when its owner did not do it. */
  readonly disabledReason: string | undefined;
  /** Until when the secret before the last rotation still signs too. */
  readonly oldSecretUntil: number | undefined;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
  readonly createdAt: number;
}

/** What a webhook is asked to be. */
export interface WebhookRequest {
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string;
  readonly secret: string;
}

/** What can be changed of a webhook. */
export interface WebhookChange {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** A new secret; the one before goes on signing for `overlapSeconds`. */
  readonly secret?: string | undefined;
  readonly overlapSeconds?: number | undefined;
}

/** One event on its way to one webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: readonly Attempt[];
  readonly nextAttemptAt: number | undefined;
  readonly createdAt: number;
}

/** Where a delivery stands. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** One try. Without a `statusCode` there was no answer; `error` says why. */
export interface Attempt {
  readonly at: number;
  readonly statusCode?: number;
  readonly error?: string;
  readonly durationMs: number;
  /** The beginning of the answer. */
  readonly answer?: string;
}

/** Something that happened, for those who asked to be told. */
export interface WebhookEvent {
  readonly type: WebhookEventType;
  readonly data: unknown;
}

/**
 * The courier of one owner: keeps its webhooks, takes events, delivers them. What it says it has taken survives
 * restarts.
 */
export interface CourierRpc {
  /** `undefined` when there are `limit` already. */
  add(request: WebhookRequest, limit: number): Promise<Webhook | undefined>;
  list(page: PageRequest): Promise<Page<Webhook>>;
  get(id: string): Promise<Webhook | undefined>;
  change(id: string, change: WebhookChange): Promise<Webhook | undefined>;
  remove(id: string): Promise<boolean>;
  /** Puts an event in the outbox of every webhook that wants it. */
  emit(event: WebhookEvent): Promise<void>;
  /** Sends a test event to one webhook, enabled or not; the id of the delivery. */
  ping(id: string): Promise<Delivery | undefined>;
  deliveries(
    webhookId: string,
    filter: { readonly status?: DeliveryStatus | undefined },
    page: PageRequest,
  ): Promise<Page<Delivery>>;
  delivery(webhookId: string, id: string): Promise<Delivery | undefined>;
  /** Sends the same event once more, as a new delivery. */
  redeliver(webhookId: string, id: string): Promise<Delivery | undefined>;
  /** How many webhooks there are. */
  count(): Promise<number>;
  /** Forgets everything. */
  destroy(): Promise<void>;
}

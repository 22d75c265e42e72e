import { makePage, type Page, type PageRequest } from '../src/platform/page.ts';
import { makeId } from '../src/platform/secrets.ts';
import type { Attempt, Delivery, DeliveryStatus, Webhook } from '../src/platform/webhooks/contract.ts';
import type { SqlPort } from '../src/ports.ts';

/** Rows of a courier: webhooks, events, deliveries. Secrets come and go sealed. */

const TABLES = [
  `CREATE TABLE IF NOT EXISTS webhook (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, description TEXT NOT NULL,
    secret TEXT NOT NULL, old_secret TEXT, old_secret_until INTEGER,
    enabled INTEGER NOT NULL, disabled_reason TEXT, failures INTEGER NOT NULL, created_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS delivery (
    id TEXT PRIMARY KEY, webhook_id TEXT NOT NULL, event_id TEXT NOT NULL, status TEXT NOT NULL,
    attempts TEXT NOT NULL, next_at INTEGER, created_at INTEGER NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS delivery_due ON delivery (next_at) WHERE next_at IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS delivery_webhook ON delivery (webhook_id, created_at, id)',
  'CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event_id)',
];

type WebhookRow = {
  id: string;
  url: string;
  events: string;
  description: string;
  secret: string;
  old_secret: string | null;
  old_secret_until: number | null;
  enabled: number;
  disabled_reason: string | null;
  failures: number;
  created_at: number;
};

type DeliveryRow = {
  id: string;
  webhook_id: string;
  event_id: string;
  type: string;
  status: DeliveryStatus;
  attempts: string;
  next_at: number | null;
  created_at: number;
};

/** A webhook with its sealed secrets, for whoever delivers. */
export interface StoredWebhook extends Webhook {
  readonly secret: string;
  readonly oldSecret: string | undefined;
}

/** A delivery that is due, with what is to be sent. */
export interface DueDelivery extends Delivery {
  readonly body: string;
}

const readWebhook = (row: WebhookRow): StoredWebhook => ({
  id: row.id,
  url: row.url,
  events: JSON.parse(row.events) as string[],
  description: row.description,
  secret: row.secret,
  oldSecret: row.old_secret ?? undefined,
  oldSecretUntil: row.old_secret_until ?? undefined,
  enabled: row.enabled === 1,
  disabledReason: row.disabled_reason ?? undefined,
  failures: row.failures,
  createdAt: row.created_at,
});

const readDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  webhookId: row.webhook_id,
  eventId: row.event_id,
  type: row.type,
  status: row.status,
  attempts: JSON.parse(row.attempts) as Attempt[],
  nextAttemptAt: row.next_at ?? undefined,
  createdAt: row.created_at,
});

const DELIVERY = 'SELECT delivery.*, event.type FROM delivery JOIN event ON event.id = delivery.event_id';

/** Events and finished deliveries are kept this long. */
const KEPT_MS = 30 * 24 * 3600 * 1000;
/** Of each webhook at most so many deliveries are remembered. */
const KEPT_DELIVERIES = 1000;

/** The tables of one courier. */
export class CourierStore {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    for (const statement of TABLES) sql.run(statement);
  }

  count(): number {
    return this.#sql.all<{ n: number }>('SELECT count(*) AS n FROM webhook')[0]?.n ?? 0;
  }

  webhooks(): readonly StoredWebhook[] {
    return this.#sql.all<WebhookRow>('SELECT * FROM webhook ORDER BY created_at, id').map(readWebhook);
  }

  page({ limit, after }: PageRequest): Page<StoredWebhook> {
    const rows = this.#sql.all<WebhookRow>(
      'SELECT * FROM webhook WHERE (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?',
      after?.createdAt ?? -1,
      after?.id ?? '',
      limit + 1,
    );
    return makePage(rows.map(readWebhook), limit, (row) => row);
  }

  webhook(id: string): StoredWebhook | undefined {
    return this.#sql.all<WebhookRow>('SELECT * FROM webhook WHERE id = ?', id).map(readWebhook)[0];
  }

  /** Writes a webhook, new or changed. */
  put(webhook: StoredWebhook): void {
    this.#sql.run(
      'INSERT OR REPLACE INTO webhook VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      webhook.id,
      webhook.url,
      JSON.stringify(webhook.events),
      webhook.description,
      webhook.secret,
      webhook.oldSecret ?? null,
      webhook.oldSecretUntil ?? null,
      webhook.enabled ? 1 : 0,
      webhook.disabledReason ?? null,
      webhook.failures,
      webhook.createdAt,
    );
  }

  remove(id: string): void {
    this.#sql.run('DELETE FROM webhook WHERE id = ?', id);
    this.#sql.run('DELETE FROM delivery WHERE webhook_id = ?', id);
  }

  addEvent(id: string, type: string, body: string, now: number): void {
    this.#sql.run('INSERT INTO event VALUES (?, ?, ?, ?)', id, type, body, now);
  }

  /** Puts an event on its way to a webhook. */
  addDelivery(webhookId: string, eventId: string, now: number): string {
    const id = makeId('dlv');
    this.#sql.run(
      "INSERT INTO delivery VALUES (?, ?, ?, 'pending', '[]', ?, ?)",
      id,
      webhookId,
      eventId,
      now,
      now,
    );
    return id;
  }

  delivery(webhookId: string, id: string): Delivery | undefined {
    return this.#sql
      .all<DeliveryRow>(`${DELIVERY} WHERE delivery.id = ? AND webhook_id = ?`, id, webhookId)
      .map(readDelivery)[0];
  }

  /** The deliveries of a webhook, newest first. */
  deliveries(
    webhookId: string,
    status: DeliveryStatus | undefined,
    { limit, after }: PageRequest,
  ): Page<Delivery> {
    const rows = this.#sql.all<DeliveryRow>(
      `${DELIVERY} WHERE webhook_id = ? AND (delivery.created_at, delivery.id) < (?, ?) AND status LIKE ?
        ORDER BY delivery.created_at DESC, delivery.id DESC LIMIT ?`,
      webhookId,
      after?.createdAt ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? '~',
      status ?? '%',
      limit + 1,
    );
    return makePage(rows.map(readDelivery), limit, (row) => row);
  }

  /** Deliveries whose time has come, the longest waiting first. */
  due(now: number, limit: number): readonly DueDelivery[] {
    return this.#sql
      .all<DeliveryRow & { body: string }>(
        `SELECT delivery.*, event.type, event.body FROM delivery JOIN event ON event.id = delivery.event_id
          WHERE next_at <= ? ORDER BY next_at, delivery.id LIMIT ?`,
        now,
        limit,
      )
      .map((row) => ({ ...readDelivery(row), body: row.body }));
  }

  nextDue(): number | undefined {
    const [row] = this.#sql.all<{ at: number | null }>('SELECT min(next_at) AS at FROM delivery');
    return row?.at ?? undefined;
  }

  /** Notes an attempt and what follows from it. */
  noteAttempt(
    { id, attempts }: Delivery,
    attempt: Attempt,
    status: DeliveryStatus,
    nextAttemptAt: number | undefined,
  ): void {
    this.#sql.run(
      'UPDATE delivery SET attempts = ?, status = ?, next_at = ? WHERE id = ?',
      JSON.stringify([...attempts, attempt]),
      status,
      nextAttemptAt ?? null,
      id,
    );
  }

  /** Gives up what is still on its way to a webhook. */
  abandon(webhookId: string): void {
    this.#sql.run(
      "UPDATE delivery SET status = 'failed', next_at = NULL WHERE webhook_id = ? AND status = 'pending'",
      webhookId,
    );
  }

  /** Forgets what is old, or too much. What is pending stays. */
  prune(now: number): void {
    this.#sql.run("DELETE FROM delivery WHERE status <> 'pending' AND created_at < ?", now - KEPT_MS);
    for (const { id } of this.webhooks()) {
      this.#sql.run(
        `DELETE FROM delivery WHERE webhook_id = ?1 AND status <> 'pending' AND id NOT IN (
          SELECT id FROM delivery WHERE webhook_id = ?1 ORDER BY created_at DESC, id DESC LIMIT ${KEPT_DELIVERIES})`,
        id,
      );
    }
    this.#sql.run('DELETE FROM event WHERE id NOT IN (SELECT event_id FROM delivery)');
  }
}

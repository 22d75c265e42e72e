/**
 * The platform database of the local server: what D1 is on the platform. Its protocol is the one the runtime's D1
 * binding speaks to its service; the data lies in one SQLite object. Pending migrations run before anything else.
 */

import { DurableObject } from 'cloudflare:workers';

interface Query {
  readonly sql: string;
  readonly params?: readonly (string | number | null | readonly number[])[] | null;
}

interface Bindings {
  readonly DATABASE: DurableObjectNamespace;
  /** JSON: migrations as [name, sql], in order. */
  readonly MIGRATIONS: string;
}

type Value = string | number | null | ArrayBuffer;

const toSql = (value: string | number | null | readonly number[]): Value =>
  typeof value === 'object' && value !== null ? new Uint8Array(value).buffer : value;

const fromSql = (value: Value): unknown =>
  value instanceof ArrayBuffer ? Array.from(new Uint8Array(value)) : value;

/** Serves queries in one transaction each. */
export class PlatformDatabase extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#migrate(JSON.parse(env.MIGRATIONS) as [string, string][]);
  }

  override async fetch(request: Request): Promise<Response> {
    const asked = (await request.json()) as Query | Query[];
    const columnsApart = new URL(request.url).searchParams.get('resultsFormat') === 'ROWS_AND_COLUMNS';
    const queries = Array.isArray(asked) ? asked : [asked];
    try {
      const results = this.ctx.storage.transactionSync(() =>
        queries.map((query) => this.#run(query, columnsApart)),
      );
      return Response.json(results);
    } catch (error) {
      return Response.json({ success: false, error: (error as Error).message });
    }
  }

  #run({ sql, params }: Query, columnsApart: boolean): unknown {
    const cursor = this.ctx.storage.sql.exec(sql, ...(params ?? []).map(toSql));
    const columns = cursor.columnNames;
    const rows = Array.from(cursor.raw(), (row) => row.map(fromSql));
    const results = columnsApart
      ? { columns, rows }
      : rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
    const meta = {
      rows_read: cursor.rowsRead,
      rows_written: cursor.rowsWritten,
      changes: cursor.rowsWritten,
    };
    return { success: true, results, meta };
  }

  /** The ledger is the one `wrangler d1 migrations` keeps. */
  #migrate(migrations: readonly [string, string][]): void {
    const { sql } = this.ctx.storage;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
    );
    const applied = new Set(
      sql
        .exec('SELECT name FROM d1_migrations')
        .toArray()
        .map((row) => row['name']),
    );
    for (const [name, text] of migrations) {
      if (applied.has(name)) continue;
      this.ctx.storage.transactionSync(() => {
        sql.exec(text);
        sql.exec('INSERT INTO d1_migrations (name) VALUES (?)', name);
      });
    }
  }
}

export default {
  fetch: (request, env) => env.DATABASE.getByName('platform').fetch(request),
} satisfies ExportedHandler<Bindings>;

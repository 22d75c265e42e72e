/**
 * The frame of the control API. A route is a row: method, path, scope, schemas, words and a handler. The same rows
 * are served, checked, described in the OpenAPI document and printed on the reference page.
 */

import type { z } from 'zod';
import type { ClusterDirectory } from '../../platform/clusters.ts';
import type { ProblemType } from '../../platform/problem-types.ts';
import type { Scope } from '../../platform/scopes.ts';
import type { Env } from '../env.ts';
import type { Tag } from './tags.ts';

/** Whoever calls a route that is not public. */
export interface ControlCaller {
  readonly accountId: string;
  /** Empty: everything the account may. */
  readonly scopes: readonly string[];
  /** What they came with; `id` is the API key's or the session's. */
  readonly credential: { readonly kind: 'apiKey' | 'session'; readonly id: string };
}

/** What a handler gets: one authenticated, checked request. `now` is its one wall instant. */
export interface Call<Params, Query, Body, Who> {
  readonly env: Env;
  readonly request: Request;
  readonly requestId: string;
  readonly now: number;
  /** The platform database and the cluster directory. */
  readonly directory: ClusterDirectory;
  /** Absent on public routes. */
  readonly caller: Who;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** An answer that can be stored and repeated: a JSON value, a text with its media type, or nothing. */
export interface StoredAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler returns. A Response is passed on as it is (streams); it is not repeated for an idempotency key. */
export type Answer = StoredAnswer | Response;

/** 200 with a JSON value. */
export const ok = (json: unknown): StoredAnswer => ({ status: 200, json });

/** 201 with a JSON value, and where the new thing is (a path). */
export const created = (json: unknown, location?: string): StoredAnswer => ({
  status: 201,
  json,
  ...(location === undefined ? {} : { headers: { location } }),
});

/** 202: accepted, to be done soon. */
export const accepted = (json: unknown): StoredAnswer => ({ status: 202, json });

/** 204. */
export const noContent = (): StoredAnswer => ({ status: 204 });

/** A text of some media type. */
export const textAnswer = (status: number, text: string, contentType: string): StoredAnswer => ({
  status,
  text,
  contentType,
});

/** How one good answer of a route is described. */
export interface AnswerDescription {
  readonly description: string;
  /** Schema of a JSON answer; absent: no body, or a text. */
  readonly schema?: z.ZodType;
  /** Media type of an answer that is not JSON. */
  readonly contentType?: string;
}

/** How a body is read: JSON; JSON or YAML (by its media type); or a text as it is. */
export type BodyForm = 'json' | 'json-or-yaml' | 'text';

/** What all routes say about themselves. */
interface RouteFacts {
  /** Unique verb-noun name, e.g. `createCluster`: the operation id of generated clients. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Heading it stands under: a key of `TAGS`. */
  readonly tag: Tag;
  /** One short sentence without a full stop. */
  readonly summary: string;
  /** Markdown paragraphs, when one sentence is not enough. */
  readonly description?: string;
  readonly bodyForm?: BodyForm;
  /** Media types the document names for the body, when the form alone does not tell. */
  readonly bodyTypes?: readonly string[];
  /** Good answers by status. */
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  /** Failures worth naming, beside those every such route has (400, 401, 403 scope, 404 with parameters, 429). */
  readonly problems?: readonly ProblemType[];
  /** An example request body and answer; both must satisfy the schemas (tested). */
  readonly example?: { readonly body?: unknown; readonly answer?: unknown };
  /** Not in the document. */
  readonly hidden?: boolean;
}

type NamesOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesOf<Rest>
  : never;

/** The parameters of a path, as they stand in it, decoded. */
export type PathParams<Path extends string> = { readonly [Name in NamesOf<Path>]: string };

/** A row as it is written: the handler's argument follows from the path and the schemas. */
export interface RouteDefinition<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Who extends Scope | 'any' | 'public',
> extends RouteFacts {
  readonly path: Path;
  /** What the credentials must allow; `any`: whatever they allow; `public`: no credentials needed. */
  readonly scope: Who;
  readonly query?: Query;
  readonly body?: Body;
  readonly handle: (
    call: Call<
      PathParams<Path>,
      z.infer<Query>,
      z.infer<Body>,
      Who extends 'public' ? undefined : ControlCaller
    >,
  ) => Promise<Answer>;
}

/** The call of a route that needs credentials, for helpers that look at neither query nor body. */
export type AnyCall = Call<unknown, unknown, unknown, ControlCaller>;

/** A row as the frame uses it. */
export interface Route extends RouteFacts {
  readonly path: string;
  readonly scope: Scope | 'any' | 'public';
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly handle: (call: Call<unknown, unknown, unknown, ControlCaller | undefined>) => Promise<Answer>;
}

/**
 * Makes a row. Without `body` no body is read and `call.body` is undefined; without `query` the query is not looked
 * at.
 */
export const defineRoute = <
  const Path extends string,
  const Who extends Scope | 'any' | 'public',
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(
  definition: RouteDefinition<Path, Query, Body, Who>,
): Route => definition as unknown as Route;

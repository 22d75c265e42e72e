import { beginKeyed } from '../../platform/idempotency.ts';
import { makeId } from '../../platform/secrets.ts';
import { type Env, openDirectory } from '../env.ts';
import { isolateOf } from '../isolate.ts';
import { busyProblem, holdBack, throttleOf } from '../throttle.ts';
import { requireCaller } from './caller.ts';
import { printProblem, toProblem } from './print-problem.ts';
import { readRouteBody, readRouteQuery } from './read-request.ts';
import type { Answer, Call, ControlCaller, Route, StoredAnswer } from './route.ts';

type AnyCall = Call<unknown, unknown, unknown, ControlCaller | undefined>;

const REQUEST_ID = /^[\w.-]{8,64}$/;
/** Answers that a later try may change are not kept for its idempotency key. */
const isFinal = (status: number): boolean => status < 500 && status !== 429 && status !== 409;

/** The id of a request: the client's own when it is one, else a new one. */
export const requestIdOf = (request: Request): string => {
  const given = request.headers.get('x-request-id') ?? '';
  return REQUEST_ID.test(given) ? given : makeId('req');
};

const printAnswer = ({ status, json, text, contentType, headers }: StoredAnswer): Response => {
  const body = text ?? (json === undefined ? null : `${JSON.stringify(json)}\n`);
  return new Response(body, {
    status,
    headers: {
      ...(body === null ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...headers,
    },
  });
};

const printAny = (answer: Answer): Response => (answer instanceof Response ? answer : printAnswer(answer));

/** Runs the handler at most once for an idempotency key; what it answered is answered again. */
const handleKeyed = async (route: Route, call: AnyCall, key: string, body: string): Promise<Response> => {
  const { sealer } = await isolateOf(call.env);
  const url = new URL(call.request.url);
  const request = `${route.method} ${url.pathname}${url.search}\n${body}`;
  // Without an account only the very same request may see the answer again.
  const owner = call.caller?.accountId ?? `public ${await sealer.digest(request)}`;
  const start = await beginKeyed(call.directory.db, sealer, { owner, key, request }, call.now);
  if ('answer' in start) {
    const stored = JSON.parse(start.answer) as StoredAnswer;
    return printAnswer({ ...stored, headers: { ...stored.headers, 'idempotency-replayed': 'true' } });
  }
  try {
    const answer = await route.handle(call);
    const keep = !(answer instanceof Response) && isFinal(answer.status);
    await start.finish(keep ? JSON.stringify(answer) : undefined);
    return printAny(answer);
  } catch (error) {
    // Nothing was done, or nobody knows: the next try decides afresh.
    await start.finish(undefined);
    throw error;
  }
};

const run = async (
  route: Route,
  request: Request,
  env: Env,
  params: Readonly<Record<string, string>>,
  requestId: string,
): Promise<Response> => {
  const now = Date.now();
  const caller = route.scope === 'public' ? undefined : await requireCaller(request, env, route.scope, now);
  const wait = caller === undefined ? 0 : await throttleOf(env).account(caller.accountId, now);
  if (wait > 0) {
    await holdBack();
    throw busyProblem(wait);
  }
  const query = readRouteQuery(new URL(request.url), route.query);
  const { value: body, text } = await readRouteBody(request, route);
  const directory = openDirectory(env, request.url);
  const call: AnyCall = { env, request, requestId, now, directory, caller, params, query, body };
  const key = route.method === 'POST' ? request.headers.get('idempotency-key') : null;
  return key === null ? printAny(await route.handle(call)) : handleKeyed(route, call, key, text);
};

/** Headers of every answer of the control API. */
export const withCommonHeaders = (answer: Response, requestId: string): Response => {
  const headers = new Headers(answer.headers);
  headers.set('x-request-id', requestId);
  headers.set('x-content-type-options', 'nosniff');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  return new Response(answer.body, { status: answer.status, headers });
};

/** Serves one request by its row. Never rejects: every failure is a problem. */
export const dispatch = async (
  route: Route,
  request: Request,
  env: Env,
  params: Readonly<Record<string, string>>,
): Promise<Response> => {
  const requestId = requestIdOf(request);
  try {
    return withCommonHeaders(await run(route, request, env, params, requestId), requestId);
  } catch (error) {
    return withCommonHeaders(printProblem(toProblem(error, requestId), requestId), requestId);
  }
};

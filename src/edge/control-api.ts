import { Hono } from 'hono';
import { makeProblem, notFoundProblem } from '../platform/problem.ts';
import { dispatch, requestIdOf, withCommonHeaders } from './control/dispatch.ts';
import { printProblem } from './control/print-problem.ts';
import type { Route } from './control/route.ts';
import { ROUTES } from './control/routes.ts';
import type { Env } from './env.ts';

/** The control API, `/v1/…`: the rows of `control/routes.ts` behind a router. Errors are problem details. */

type Api = { Bindings: Env };

/** What may stand for a parameter. Anything else names nothing that exists. */
const PARAMETER = /^[\w.~-]{1,128}$/;

/** Literal segments come before parameters, so that `/clusters/import` is not a cluster. */
const sortKey = (path: string): string => path.replaceAll('{', '\uffff');

const byPath = (routes: readonly Route[]): ReadonlyMap<string, ReadonlyMap<string, Route>> => {
  const paths = new Map<string, Map<string, Route>>();
  const sorted = routes.toSorted((a, b) => (sortKey(a.path) < sortKey(b.path) ? -1 : 1));
  for (const route of sorted) {
    const methods = paths.get(route.path) ?? new Map<string, Route>();
    methods.set(route.method, route);
    paths.set(route.path, methods);
  }
  return paths;
};

const allowOf = (methods: ReadonlyMap<string, Route>): string =>
  [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted().join(', ');

const serveMethod = (
  methods: ReadonlyMap<string, Route>,
  request: Request,
  env: Env,
  params: Readonly<Record<string, string>>,
): Promise<Response> | Response => {
  const requestId = requestIdOf(request);
  const allow = allowOf(methods);
  if (request.method === 'OPTIONS') {
    return withCommonHeaders(new Response(null, { status: 204, headers: { allow } }), requestId);
  }
  const route = methods.get(request.method === 'HEAD' ? 'GET' : request.method);
  if (route === undefined) {
    const detail = `${request.method} is not served here, only ${allow}`;
    const problem = makeProblem('method-not-allowed', detail, { headers: { allow } });
    return withCommonHeaders(printProblem(problem, requestId), requestId);
  }
  if (!Object.values(params).every((value) => PARAMETER.test(value))) {
    return withCommonHeaders(printProblem(notFoundProblem(route.path), requestId), requestId);
  }
  return dispatch(route, request, env, params);
};

/** Builds the router; one an isolate. */
export const makeControlApi = (): Hono<Api> => {
  const api = new Hono<Api>().basePath('/v1');
  api.notFound(({ req }) => {
    const requestId = requestIdOf(req.raw);
    const problem = makeProblem('no-such-route', `${req.path} is not a path of the control API`);
    return withCommonHeaders(printProblem(problem, requestId), requestId);
  });
  for (const [path, methods] of byPath(ROUTES)) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
    api.all(pattern, (context) => serveMethod(methods, context.req.raw, context.env, context.req.param()));
  }
  return api;
};

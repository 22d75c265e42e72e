import { Hono } from 'hono';
import { StatusError } from '../machinery/status.ts';
import { notFoundProblem, notImplementedProblem, ProblemError } from '../platform/problem.ts';
import { addAccountRoutes } from './account-routes.ts';
import { type Api, requireAccount } from './caller.ts';
import { addClockRoutes } from './clock-routes.ts';
import { addClusterRoutes } from './cluster-routes.ts';

/** The control API, `/v1/…`: accounts, keys and the cluster directory. Errors are problem details. */

/** Parts of the published interface that are announced but not built. */
const LATER = [
  '/clusters/import',
  '/clusters/:id/checkpoints',
  '/clusters/:id/checkpoints/:checkpoint/restore',
  '/clusters/:id/fork',
  '/clusters/:id/export',
  '/clusters/:id/faults',
  '/clusters/:id/faults/:fault',
  '/clusters/:id/authz/:what',
  '/clusters/:id/audit',
  '/templates',
  '/templates/*',
  '/environments',
  '/environments/*',
  '/webhooks',
  '/openapi.json',
];

const printProblem = (error: unknown): Response => {
  if (error instanceof StatusError) {
    // The edge's own refusals, e.g. of a body that is too large.
    const { code, reason, message } = error.status;
    return printProblem(
      new ProblemError({ status: code, title: reason ?? 'Refused', detail: message ?? '' }),
    );
  }
  if (error instanceof ProblemError) {
    const { retryAfterSeconds, ...problem } = error.problem;
    return new Response(JSON.stringify({ type: 'about:blank', ...problem }), {
      status: problem.status,
      headers: {
        'content-type': 'application/problem+json',
        ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      },
    });
  }
  console.error(
    JSON.stringify({ event: 'control-api-error', error: String(error), stack: (error as Error).stack }),
  );
  return printProblem(new ProblemError({ status: 500, title: 'Internal Server Error' }));
};

/** Builds the routes; one an isolate. */
export const makeControlApi = (): Hono<Api> => {
  const api = new Hono<Api>().basePath('/v1');
  api.onError(printProblem);
  api.notFound((context) => printProblem(notFoundProblem(context.req.path)));
  addAccountRoutes(api);
  addClusterRoutes(api);
  addClockRoutes(api);
  for (const path of LATER) {
    api.all(path, async (context) => {
      await requireAccount(context, 'clusters:read');
      return printProblem(notImplementedProblem(new URL(context.req.url).pathname));
    });
  }
  return api;
};

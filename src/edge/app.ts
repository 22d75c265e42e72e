import { resourceNotFound, unauthorized } from '../machinery/status.ts';
import { makeControlApi } from './control-api.ts';
import { serveDocs } from './docs/serve-docs.ts';
import { drain } from './drain.ts';
import type { Env } from './env.ts';
import { serveCluster, serveRoot } from './forward.ts';
import { serveOperator } from './operator-routes.ts';
import { statusErrorResponse } from './status-response.ts';

const CLUSTER_PATH = /^\/clusters\/([a-z0-9]{1,64})(\/.*)?$/;
/** Kubernetes paths that are served at the root for clients that drop the path of their server. */
const ROOT_PATH =
  /^\/(?:api|apis|version|openapi|healthz|livez|readyz|metrics|logs|openid|\.well-known)(?:\/|$)/;

const controlApi = makeControlApi();

const welcome = `Kubicle: Kubernetes clusters that run nowhere.
Clusters are at /clusters/{id}, the control API at /v1, its reference at /docs.
`;

/** The path and query as the client wrote them, still encoded. */
const splitUrl = (url: string): { path: string; query: string } => {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const rest = start < 0 ? '/' : url.slice(start);
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
};

const serveElsewhere = async (request: Request, env: Env, path: string, query: string): Promise<Response> => {
  if (ROOT_PATH.test(path)) {
    const answer = await serveRoot(request, env, path, query);
    if (answer !== undefined) return answer;
    // The product's own health is everybody's business, whatever credential came along.
    if (path === '/readyz' || path === '/livez' || path === '/healthz') return new Response('ok');
    return statusErrorResponse(unauthorized());
  }
  if (path === '/operator/drain' && request.method === 'POST') return drain(request, env);
  if (path.startsWith('/operator/')) return serveOperator(request, env, path);
  if (path === '/')
    return new Response(welcome, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
  return statusErrorResponse(resourceNotFound());
};

/** Every request of the front. Clusters come first: theirs is the hot path. */
export const serve = (request: Request, env: Env): Response | Promise<Response> => {
  const { path, query } = splitUrl(request.url);
  const cluster = CLUSTER_PATH.exec(path);
  if (cluster !== null) {
    return serveCluster(request, env, { clusterId: cluster[1] ?? '', path: cluster[2] ?? '/', query });
  }
  if (path === '/v1' || path.startsWith('/v1/')) return controlApi.fetch(request, env);
  if (path === '/docs' || path.startsWith('/docs/')) return serveDocs(request, env, path);
  return serveElsewhere(request, env, path, query);
};

import { notImplementedProblem } from '../../platform/problem.ts';
import { defineRoute, type Route } from './route.ts';

/** Parts of the published interface that are announced but not built: 501. Whoever builds one takes its row out. */
const ANNOUNCED = [
  ['POST', '/clusters/import', 'Clusters'],
  ['POST', '/clusters/{id}/checkpoints', 'Time'],
  ['POST', '/clusters/{id}/checkpoints/{checkpoint}/restore', 'Time'],
  ['POST', '/clusters/{id}/fork', 'Clusters'],
  ['GET', '/clusters/{id}/export', 'Clusters'],
  ['POST', '/clusters/{id}/faults', 'Time'],
  ['DELETE', '/clusters/{id}/faults/{fault}', 'Time'],
  ['GET', '/clusters/{id}/authz/explain', 'Access'],
  ['GET', '/clusters/{id}/authz/who-can', 'Access'],
  ['GET', '/clusters/{id}/authz/matrix', 'Access'],
  ['GET', '/clusters/{id}/audit', 'Access'],
  ['GET', '/templates', 'Templates'],
  ['POST', '/templates', 'Templates'],
  ['GET', '/templates/{name}', 'Templates'],
  ['POST', '/templates/{name}/versions', 'Templates'],
  ['POST', '/environments', 'Environments'],
  ['POST', '/environments/{id}/reset', 'Environments'],
  ['POST', '/environments/{id}/fork', 'Environments'],
  ['POST', '/environments/{id}/snapshot', 'Environments'],
  ['POST', '/environments/{id}/extend', 'Environments'],
  ['POST', '/environments/{id}/pause', 'Environments'],
  ['POST', '/environments/{id}/resume', 'Environments'],
  ['POST', '/environments/{id}/grade', 'Environments'],
  ['GET', '/environments/{id}/grade/stream', 'Environments'],
] as const;

/** Rows that answer 501; they are not in the document. */
export const announcedRoutes: readonly Route[] = ANNOUNCED.map(([method, path, tag]) =>
  defineRoute({
    id: `announced:${method} ${path}`,
    method,
    path,
    scope: method === 'GET' ? 'clusters:read' : 'clusters:write',
    tag,
    summary: 'Announced',
    hidden: true,
    answers: {},
    handle: async () => {
      throw notImplementedProblem(`${method} /v1${path}`);
    },
  }),
);

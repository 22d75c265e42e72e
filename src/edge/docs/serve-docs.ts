import { notFoundProblem } from '../../platform/problem.ts';
import { PROBLEM_TYPES, type ProblemType } from '../../platform/problem-types.ts';
import { requestIdOf } from '../control/dispatch.ts';
import { printOpenApi } from '../control/open-api.ts';
import { printProblem } from '../control/print-problem.ts';
import { ROUTES } from '../control/routes.ts';
import type { Env } from '../env.ts';
import { type ApiDocument, problemsPage, referencePage } from './reference-page.ts';
import { SCRIPT, STYLE } from './style.ts';

/** Nothing but our own style and script; nobody may frame the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const answer = (body: string, contentType: string): Response =>
  new Response(body, {
    headers: {
      'content-type': `${contentType}; charset=utf-8`,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'public, max-age=300',
    },
  });

const printed = new Map<string, string>();

/** Pages do not change while the isolate lives; a few origins may reach it. */
const remembered = (key: string, make: () => string): string => {
  const known = printed.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (printed.size < 16) printed.set(key, made);
  return made;
};

const PROBLEM_PATH = /^\/docs\/problems\/([a-z-]+)$/;

const pageAt = (path: string, origin: string): Response | undefined => {
  switch (path) {
    case '/docs':
    case '/docs/': {
      const make = () => referencePage(printOpenApi(ROUTES, origin) as unknown as ApiDocument);
      return answer(remembered(`reference ${origin}`, make), 'text/html');
    }
    case '/docs/problems':
      return answer(problemsPage(undefined), 'text/html');
    case '/docs/style.css':
      return answer(STYLE, 'text/css');
    case '/docs/reference.js':
      return answer(SCRIPT, 'text/javascript');
    default: {
      const type = PROBLEM_PATH.exec(path)?.[1] ?? '';
      return Object.hasOwn(PROBLEM_TYPES, type)
        ? answer(problemsPage(type as ProblemType), 'text/html')
        : undefined;
    }
  }
};

/** Serves `/docs` and everything below it. */
export const serveDocs = (request: Request, env: Env, path: string): Response => {
  const requestId = requestIdOf(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
  }
  const found = pageAt(path, env.PUBLIC_URL ?? new URL(request.url).origin);
  const page = found ?? printProblem(notFoundProblem(path), requestId);
  return request.method === 'HEAD' ? new Response(null, page) : page;
};

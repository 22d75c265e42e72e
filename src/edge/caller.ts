import type { Context } from 'hono';
import type { ClusterDirectory } from '../platform/clusters.ts';
import { forbiddenProblem, unauthorizedProblem } from '../platform/problem.ts';
import { allows, type Scope } from '../platform/scopes.ts';
import { bearerToken } from './authenticate.ts';
import { type Env, openDirectory } from './env.ts';
import { isolateOf } from './isolate.ts';

/** Types of the control API's routes. */
export type Api = { Bindings: Env };

/** The request's account; throws 401 and 403 problems. */
export const requireAccount = async (context: Context<Api>, scope: Scope): Promise<string> => {
  const isolate = await isolateOf(context.env);
  const { db } = directoryOf(context);
  const token = bearerToken(context.req.raw.headers);
  const principal = await isolate.authenticator.authenticate(token, db, Date.now());
  if (principal.kind !== 'account') throw unauthorizedProblem();
  if (!allows(principal.scopes, scope)) throw forbiddenProblem(`this API key lacks the scope ${scope}`);
  return principal.accountId;
};

/** The cluster directory for this request. */
export const directoryOf = (context: Context<Api>): ClusterDirectory =>
  openDirectory(context.env, context.req.url);

/** The request's query. */
export const queryOf = (context: Context<Api>): URLSearchParams => new URL(context.req.url).searchParams;

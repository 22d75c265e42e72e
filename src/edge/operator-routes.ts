import { z } from 'zod';
import { resourceNotFound } from '../machinery/status.ts';
import { ensureKeyAccount } from '../platform/accounts.ts';
import { openPlatformDatabase, type PlatformDatabase } from '../platform/db/queries.ts';
import { createApiKey } from '../platform/keys.ts';
import { limitsOfPlan, PLAN_NAMES, type PlanName, planNamed } from '../platform/limits.ts';
import { findAccount, liveClustersOf, setPlan } from '../platform/plans.ts';
import { badRequestProblem, notFoundProblem, unauthorizedProblem } from '../platform/problem.ts';
import { isOperator } from '../platform/tokens.ts';
import { bearerToken } from './authenticate.ts';
import { requestIdOf } from './control/dispatch.ts';
import { printProblem, toProblem } from './control/print-problem.ts';
import { accountPlan, clusterObject, type Env } from './env.ts';
import { isolateOf } from './isolate.ts';
import { readBody } from './read-body.ts';
import { statusErrorResponse } from './status-response.ts';
import { throttleOf } from './throttle.ts';

/** Clusters that are told of a plan at the same time. */
const AT_ONCE = 20;
const PATH = /^\/operator\/accounts\/([^/]{1,254})\/(plan|api-keys)$/;
const KEY_NAME = 'operator';

const readPlan = async (request: Request): Promise<PlanName> => {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(await readBody(request)));
  } catch {
    throw badRequestProblem('the body is not JSON');
  }
  const name = typeof body === 'object' && body !== null ? (body as { plan?: unknown }).plan : undefined;
  const plan = typeof name === 'string' ? planNamed(name) : undefined;
  if (plan === undefined) throw badRequestProblem(`plan must be one of ${PLAN_NAMES.join(', ')}`);
  return plan;
};

/** Sets a plan and tells every cluster of the account what it may use now; returns how many were told. */
const applyPlan = async (
  env: Env,
  db: PlatformDatabase,
  accountId: string,
  plan: PlanName,
  now: number,
): Promise<number> => {
  await setPlan(db, accountId, plan, now);
  throttleOf(env).forget(accountId);
  const clusters = await liveClustersOf(db, accountId, now);
  const { cluster } = limitsOfPlan(plan);
  let told = 0;
  for (let start = 0; start < clusters.length; start += AT_ONCE) {
    const some = clusters.slice(start, start + AT_ONCE);
    const outcomes = await Promise.allSettled(some.map((id) => clusterObject(env, id).limit(cluster)));
    told += outcomes.filter(({ status }) => status === 'fulfilled').length;
  }
  return told;
};

const servePlan = async (request: Request, env: Env, named: string, now: number): Promise<Response> => {
  const db = openPlatformDatabase(env.PLATFORM_DB);
  const accountId = await findAccount(db, named);
  if (accountId === undefined) throw notFoundProblem('account');
  if (request.method === 'GET')
    return Response.json({ accountId, plan: (await accountPlan(env, accountId)).plan });
  const plan = await readPlan(request);
  return Response.json({ accountId, plan, clusters: await applyPlan(env, db, accountId, plan, now) });
};

/**
 * Gives an account that no password opens a plan and one more API key; makes it first if need be. Accounts that somebody
 * signs in to are theirs: 409.
 */
const serveKey = async (request: Request, env: Env, email: string, now: number): Promise<Response> => {
  if (!z.email().max(254).safeParse(email).success)
    throw badRequestProblem('the account must be named by its address');
  const plan = await readPlan(request);
  const db = openPlatformDatabase(env.PLATFORM_DB);
  const accountId = await ensureKeyAccount(db, email, now);
  await applyPlan(env, db, accountId, plan, now);
  const wanted = { name: KEY_NAME, scopes: [], expiresAt: undefined };
  const { key } = await createApiKey(db, accountId, wanted, limitsOfPlan(plan), now);
  return Response.json({ accountId, key }, { status: 201 });
};

const SERVED = {
  plan: { methods: ['GET', 'PUT'], serve: servePlan },
  'api-keys': { methods: ['POST'], serve: serveKey },
};

const requireOperator = async (request: Request, env: Env, now: number): Promise<void> => {
  const { signer } = await isolateOf(env);
  const claims = await signer.verify(bearerToken(request.headers) ?? '');
  if (claims === undefined || !isOperator(claims, now))
    throw unauthorizedProblem('an operator token is required');
};

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
};

/**
 * Serves `GET` and `PUT /operator/accounts/{id or email}/plan` and `POST /operator/accounts/{email}/api-keys` to the holder
 * of the installation's signing key. Everything else under `/operator` is not there.
 */
export const serveOperator = async (request: Request, env: Env, path: string): Promise<Response> => {
  const [, named = '', what] = PATH.exec(path) ?? [];
  const route = SERVED[what as keyof typeof SERVED];
  if (route === undefined || !route.methods.includes(request.method)) {
    return statusErrorResponse(resourceNotFound());
  }
  const now = Date.now();
  try {
    await requireOperator(request, env, now);
    return await route.serve(request, env, decoded(named), now);
  } catch (error) {
    const requestId = requestIdOf(request);
    return printProblem(toProblem(error, requestId), requestId);
  }
};

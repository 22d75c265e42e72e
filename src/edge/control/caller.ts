import { makeProblem, unauthorizedProblem } from '../../platform/problem.ts';
import { allows, type Scope } from '../../platform/scopes.ts';
import { bearerToken } from '../authenticate.ts';
import { type Env, openDirectory } from '../env.ts';
import { isolateOf } from '../isolate.ts';
import type { ControlCaller } from './route.ts';

/**
 * Whoever sent the request; throws 401 and missing-scope problems. Credentials are looked up afresh: a revoked key is
 * refused at once here, whatever other isolates still remember.
 */
export const requireCaller = async (
  request: Request,
  env: Env,
  scope: Scope | 'any',
  now: number,
): Promise<ControlCaller> => {
  const { authenticator } = await isolateOf(env);
  const { db } = openDirectory(env, request.url);
  const principal = await authenticator.authenticateAfresh(bearerToken(request.headers), db, now);
  if (principal.kind !== 'account') throw unauthorizedProblem();
  if (scope !== 'any' && !allows(principal.scopes, scope)) {
    throw makeProblem('missing-scope', `this API key lacks the scope ${scope}`);
  }
  const { accountId, scopes, credential } = principal;
  return { accountId, scopes, credential };
};

import { unauthorized } from '../machinery/status.ts';
import { isOperator } from '../platform/tokens.ts';
import { bearerToken } from './authenticate.ts';
import { clusterObject, type Env } from './env.ts';
import { isolateOf } from './isolate.ts';
import { statusErrorResponse } from './status-response.ts';

/**
 * Ends every watch this isolate opened, so that a stopping server cuts nobody off in the middle of a stream. Only
 * for the holder of the installation's key.
 */
export const drain = async (request: Request, env: Env): Promise<Response> => {
  const isolate = await isolateOf(env);
  const claims = await isolate.signer.verify(bearerToken(request.headers) ?? '');
  if (claims === undefined || !isOperator(claims, Date.now())) return statusErrorResponse(unauthorized());
  const clusters = [...isolate.watched];
  isolate.watched.clear();
  await Promise.allSettled(clusters.map((id) => clusterObject(env, id).endWatches()));
  return Response.json({ clusters: clusters.length });
};

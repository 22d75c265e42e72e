import type { ServedResponse } from '../../durable-objects/rpc.ts';
import type { CoreRequest, VerifiedToken } from '../api/contract.ts';
import { anonymous } from '../auth/identity.ts';
import { internalError, StatusError, serviceUnavailable, unauthorized } from '../machinery/status.ts';
import { openPlatformDatabase } from '../platform/db/queries.ts';
import { allows } from '../platform/scopes.ts';
import { identityOfAccount, ownerOf } from './account-identity.ts';
import { bearerToken, type Principal } from './authenticate.ts';
import { type Caller, type ClusterTarget, makeCoreRequest, withVerifiedTokens } from './core-request.ts';
import { type ClusterStub, clusterObject, type Env, heartbeatOf } from './env.ts';
import { followLog, goesOn } from './follow-log.ts';
import type { Guard } from './guard.ts';
import { type Isolate, isolateOf } from './isolate.ts';
import { lingering } from './linger.ts';
import { readBody } from './read-body.ts';
import { statusErrorResponse } from './status-response.ts';
import { busyStatus, holdBack, throttleOf } from './throttle.ts';
import { bridgeWatch, isWatch } from './watch-bridge.ts';

const ATTEMPTS = 3;
/** Answers above this are compressed for clients that take gzip, as kube-apiserver does. */
const GZIP_FROM = 128 * 1024;

/**
 * Decides what a principal is to a cluster. Throws 401 for tokens that are not for it, and 404 where the caller
 * may not learn that it exists.
 */
const callerFor = async (
  principal: Principal,
  env: Env,
  isolate: Isolate,
  request: Request,
  clusterId: string,
  now: number,
): Promise<Caller> => {
  switch (principal.kind) {
    case 'refused':
      throw unauthorized();
    case 'anonymous':
      await ownerOf(env, isolate, clusterId, now);
      return { identity: anonymous };
    case 'account': {
      const reads = request.method === 'GET' || request.method === 'HEAD';
      const identity = await identityOfAccount(env, isolate, principal.accountId, clusterId, now);
      if (!allows(principal.scopes, reads ? 'clusters:read' : 'clusters:write')) throw unauthorized();
      return { identity };
    }
    case 'token':
      if (principal.clusterId !== clusterId) throw unauthorized();
      return { token: principal.token };
    default:
      return principal satisfies never;
  }
};

const isRetryable = (error: unknown): boolean =>
  error instanceof Error &&
  (error as { retryable?: boolean }).retryable === true &&
  (error as { overloaded?: boolean }).overloaded !== true;

/** Calls the object; requests without effect are tried again when the platform says that may help. */
const callObject = async (object: ClusterStub, request: CoreRequest): Promise<ServedResponse> => {
  const idempotent = request.method === 'GET' || request.method === 'HEAD';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await object.serve(request);
    } catch (error) {
      if (idempotent && attempt < ATTEMPTS && isRetryable(error)) continue;
      console.error(
        JSON.stringify({ event: 'cluster-call-failed', path: request.path, error: String(error) }),
      );
      throw isRetryable(error)
        ? serviceUnavailable('the cluster is restarting, please try again')
        : internalError('the cluster did not answer');
    }
  }
};

const finish = ({ body, headers, status, stream }: ServedResponse, request: Request): Response => {
  const isLarge = body.length > GZIP_FROM || stream !== undefined;
  if (isLarge && request.headers.get('accept-encoding')?.includes('gzip')) {
    const compressed = new Headers(headers);
    compressed.set('content-encoding', 'gzip');
    compressed.append('vary', 'Accept-Encoding');
    return new Response(stream ?? body, { status, headers: compressed });
  }
  if (status === 429 && body.length > 0) return new Response(lingering(body), { status, headers });
  return new Response(stream ?? (body.length === 0 ? null : body), { status, headers });
};

/** Throws 429 when the owner of the cluster, or the cluster itself, has to wait. */
const requireRate = async (env: Env, isolate: Isolate, clusterId: string, now: number): Promise<void> => {
  const throttle = throttleOf(env);
  const { accountId } = await ownerOf(env, isolate, clusterId, now);
  const wait = throttle.blocked(clusterId, now) || (await throttle.account(accountId, now));
  if (wait === 0) return;
  await holdBack();
  throw busyStatus(wait);
};

const principalOf = async (request: Request, env: Env, isolate: Isolate): Promise<Principal> => {
  const token = bearerToken(request.headers);
  return isolate.authenticator.authenticate(token, openPlatformDatabase(env.PLATFORM_DB), Date.now());
};

/** Whether a request that was served would be let into the cluster again: keys are revoked, shares end. */
const isWelcome = async (
  request: Request,
  env: Env,
  isolate: Isolate,
  { clusterId }: ClusterTarget,
): Promise<boolean> => {
  try {
    const principal = await principalOf(request, env, isolate);
    await callerFor(principal, env, isolate, request, clusterId, Date.now());
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
};

const forward = async (
  request: Request,
  env: Env,
  isolate: Isolate,
  target: ClusterTarget,
  principal: Principal,
): Promise<Response> => {
  const caller = await callerFor(principal, env, isolate, request, target.clusterId, Date.now());
  await requireRate(env, isolate, target.clusterId, Date.now());
  const object = clusterObject(env, target.clusterId);
  const guard: Guard = {
    heartbeatMs: heartbeatOf(env),
    // Tokens are the cluster's own: it ends the watches and refuses the questions of those that are revoked.
    isWelcome: principal.kind === 'account' ? () => isWelcome(request, env, isolate, target) : undefined,
  };
  if (isWatch(request.method, target)) {
    isolate.watched.add(target.clusterId);
    const plain = makeCoreRequest(request, target, caller, new Uint8Array());
    const watch = await bridgeWatch(object, plain, request, guard);
    if (watch.status === 429) await holdBack();
    return watch;
  }
  const plain = makeCoreRequest(request, target, caller, await readBody(request));
  const verify = async (token: string): Promise<VerifiedToken | undefined> => {
    const db = openPlatformDatabase(env.PLATFORM_DB);
    const found = await isolate.authenticator.authenticate(token, db, Date.now());
    return found.kind === 'token' && found.clusterId === target.clusterId ? found.token : undefined;
  };
  const answer = await callObject(object, await withVerifiedTokens(plain, verify));
  if (answer.isBusy === true) {
    throttleOf(env).block(target.clusterId, Date.now());
    await holdBack();
  }
  if (goesOn(answer))
    return followLog(answer, plain, (next) => callObject(object, next), request.signal, guard);
  return finish(answer, request);
};

const guarded = async (work: () => Promise<Response>): Promise<Response> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StatusError) return statusErrorResponse(error);
    console.error(
      JSON.stringify({ event: 'edge-error', error: String(error), stack: (error as Error).stack }),
    );
    return statusErrorResponse(internalError('unexpected failure at the edge'));
  }
};

/** Serves a request to a cluster's API: `/clusters/{id}/…`. */
export const serveCluster = (request: Request, env: Env, target: ClusterTarget): Promise<Response> =>
  guarded(async () => {
    const isolate = await isolateOf(env);
    return forward(request, env, isolate, target, await principalOf(request, env, isolate));
  });

/**
 * Serves a Kubernetes path at the root: `kubectl get --raw` drops the path of its server. The cluster is the one
 * the token is for; without such a token there is none, which is `undefined`.
 */
export const serveRoot = async (
  request: Request,
  env: Env,
  path: string,
  query: string,
): Promise<Response | undefined> => {
  const isolate = await isolateOf(env);
  const principal = await principalOf(request, env, isolate);
  if (principal.kind !== 'token') return undefined;
  const target = { clusterId: principal.clusterId, path, query };
  return guarded(() => forward(request, env, isolate, target, principal));
};

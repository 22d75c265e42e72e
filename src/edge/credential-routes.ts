import { z } from 'zod';
import { printTime } from '../machinery/time.ts';
import { findCluster, getCluster } from '../platform/clusters.ts';
import { makePage, pageRequestOf } from '../platform/page.ts';
import { makeProblem, notFoundProblem } from '../platform/problem.ts';
import { makeUserClaims } from '../platform/tokens.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { opaqueId, pageOf, pageQuery, timeText } from './control/schemas.ts';
import { clusterObject } from './env.ts';
import { isolateOf } from './isolate.ts';
import { throttleOf } from './throttle.ts';
import { mintUserToken, viewUserToken } from './user-tokens.ts';

/** Credentials of a cluster: its users' tokens, tokens for client certificates, and the keys of its own tokens. */

const userTokenView = z
  .object({
    id: opaqueId,
    name: z.string(),
    user: z.string(),
    groups: z.array(z.string()),
    uid: z.string().optional(),
    extra: z.record(z.string(), z.array(z.string())).optional(),
    createdAt: timeText,
    expiresAt: timeText,
  })
  .meta({ id: 'UserToken' });

const newUserToken = userTokenView
  .extend({ token: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewUserToken' });

const publicKeys = z
  .object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string() })) })
  .meta({ id: 'SigningKeys', description: 'A JSON Web Key Set, the signing key first' });

const createUserToken = defineRoute({
  id: 'createUserToken',
  method: 'POST',
  path: '/clusters/{id}/tokens',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Make a token for a user of the cluster',
  description:
    "The token speaks for any user and groups; the cluster's RBAC decides what they may do. Revoking it takes effect with the next request.",
  body: bodies.userToken,
  answers: { 201: { description: 'The token', schema: newUserToken } },
  problems: ['quota-exceeded'],
  example: { body: { user: 'jane', groups: ['developers'], ttlSeconds: 3600 } },
  handle: async ({ env, directory, caller, params, body, now }) => {
    await getCluster(directory, caller.accountId, params.id, now);
    const { name, user, groups, uid, extra, ttlSeconds } = body;
    const subject = {
      username: user,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
    };
    const { record, token } = await mintUserToken(env, params.id, { name, subject, ttlSeconds }, now);
    return created({ ...viewUserToken(record), token });
  },
});

const listUserTokens = defineRoute({
  id: 'listUserTokens',
  method: 'GET',
  path: '/clusters/{id}/tokens',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'List the live tokens of the cluster’s users',
  description: 'Those in kubeconfigs among them, but not those of service accounts.',
  query: pageQuery,
  answers: { 200: { description: 'Oldest first', schema: pageOf(userTokenView, 'UserTokenList') } },
  handle: async ({ env, directory, caller, params, query, now }) => {
    await getCluster(directory, caller.accountId, params.id, now);
    const { limit, after } = pageRequestOf(query);
    const asked = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    return ok(makePage(await clusterObject(env, params.id).userTokens(asked), limit, viewUserToken));
  },
});

const revokeUserToken = defineRoute({
  id: 'revokeUserToken',
  method: 'DELETE',
  path: '/clusters/{id}/tokens/{token}',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Revoke a user’s token',
  description: 'It is refused from the next request on, everywhere, and watches opened with it end.',
  answers: { 204: { description: 'The token is refused' } },
  handle: async ({ env, directory, caller, params, now }) => {
    await getCluster(directory, caller.accountId, params.id, now);
    if (!(await clusterObject(env, params.id).revokeUserToken(params.token))) throw notFoundProblem('token');
    return noContent();
  },
});

const exchangeCertificate = defineRoute({
  id: 'exchangeCertificate',
  method: 'POST',
  path: '/clusters/{id}/certificate-tokens',
  scope: 'public',
  tag: 'Access',
  summary: 'Get a token for a client certificate',
  description:
    'For certificates that the cluster issued through a CertificateSigningRequest: whoever proves to hold the key gets a token of ten minutes at most that speaks for the common name, with the organizations as groups. `kubicle certificate-credential` does this for kubectl.',
  body: bodies.certificateToken,
  answers: {
    201: {
      description: 'The token',
      schema: z
        .object({ token: z.string(), expiresAt: timeText, user: z.string(), groups: z.array(z.string()) })
        .meta({ id: 'CertificateToken' }),
    },
  },
  handle: async ({ env, request, directory, params, body, now }) => {
    // Checking a signature costs the cluster more than asking for it costs a stranger.
    const throttle = throttleOf(env);
    const guesser = `certificate ${request.headers.get('cf-connecting-ip') ?? params.id}`;
    throttle.requireGuess(guesser, now);
    if ((await findCluster(directory.db, params.id, now)) === undefined) throw notFoundProblem('cluster');
    const verdict = await clusterObject(env, params.id).exchangeCertificate(body.proof);
    if ('error' in verdict) {
      throttle.missedGuess(guesser, now);
      throw makeProblem('unauthorized', verdict.error);
    }
    const { ttlSeconds, ...subject } = verdict;
    const { signer } = await isolateOf(env);
    const token = await signer.sign(makeUserClaims(params.id, subject, { ttlSeconds, now }));
    const expiresAt = printTime(Math.floor(now / 1000) * 1000 + ttlSeconds * 1000);
    return created({ token, expiresAt, user: subject.username, groups: subject.groups });
  },
});

const listSigningKeys = defineRoute({
  id: 'listSigningKeys',
  method: 'GET',
  path: '/clusters/{id}/signing-keys',
  scope: 'public',
  tag: 'Access',
  summary: 'Read the public keys of the cluster’s service-account tokens',
  description:
    "The same set as the cluster's `/openid/v1/jwks`, for verifiers without credentials of the cluster.",
  answers: { 200: { description: 'The keys', schema: publicKeys } },
  handle: async ({ env, directory, params, now }) => {
    if ((await findCluster(directory.db, params.id, now)) === undefined) throw notFoundProblem('cluster');
    return ok({ keys: await clusterObject(env, params.id).publicKeys() });
  },
});

const rotateSigningKey = defineRoute({
  id: 'rotateSigningKey',
  method: 'POST',
  path: '/clusters/{id}/signing-keys',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Begin a new key for service-account tokens',
  description:
    'Older keys stay published until the last token they signed has ended. With `forget` they go at once: every token made so far is refused, and token Secrets are filled anew.',
  body: bodies.signingKey,
  answers: { 201: { description: 'The keys from now on', schema: publicKeys } },
  example: { body: { forget: true } },
  handle: async ({ env, directory, caller, params, body, now }) => {
    await getCluster(directory, caller.accountId, params.id, now);
    return created({ keys: await clusterObject(env, params.id).rotateKeys({ forget: body.forget }) });
  },
});

/** The rows. */
export const credentialRoutes: readonly Route[] = [
  createUserToken,
  listUserTokens,
  revokeUserToken,
  exchangeCertificate,
  listSigningKeys,
  rotateSigningKey,
];

import type { UserTokenRecord } from '../../durable-objects/rpc.ts';
import { printTime } from '../machinery/time.ts';
import { makeProblem } from '../platform/problem.ts';
import { makeId } from '../platform/secrets.ts';
import { makeUserClaims, type UserClaims } from '../platform/tokens.ts';
import { clusterObject, type Env } from './env.ts';
import { isolateOf } from './isolate.ts';

/** A user's token as lists show it: never the token itself. */
export interface UserTokenView {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** Prints a token on a cluster's list. */
export const viewUserToken = (record: UserTokenRecord): UserTokenView => {
  const { username, groups, uid, extra } = record.subject;
  return {
    id: record.id,
    name: record.name,
    user: username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
    createdAt: printTime(record.createdAt),
    expiresAt: printTime(record.expiresAt),
  };
};

/** What a new token is to be. */
export interface UserTokenOrder {
  readonly name: string;
  readonly subject: UserClaims;
  readonly ttlSeconds: number;
}

/**
 * Makes a token for a user of a cluster and puts it on the cluster's list: without that it is nothing. A quota-exceeded
 * problem when the list is full.
 */
export const mintUserToken = async (
  env: Env,
  clusterId: string,
  { name, subject, ttlSeconds }: UserTokenOrder,
  now: number,
): Promise<{ readonly record: UserTokenRecord; readonly token: string }> => {
  const id = makeId('tok');
  const claims = makeUserClaims(clusterId, subject, { ttlSeconds, now, id });
  const expiresAt = Math.floor(now / 1000) * 1000 + ttlSeconds * 1000;
  const record: UserTokenRecord = { id, name, subject, createdAt: now, expiresAt };
  if (!(await clusterObject(env, clusterId).addUserToken(record))) {
    throw makeProblem('quota-exceeded', 'the cluster has as many live user tokens as it may: revoke some');
  }
  const { signer } = await isolateOf(env);
  return { record, token: await signer.sign(claims) };
};

import type { ClusterRpc } from '../../durable-objects/rpc.ts';
import type { ClusterDirectory } from '../platform/clusters.ts';
import { openPlatformDatabase } from '../platform/db/queries.ts';
import { type AccountPlan, planOf, planOrDefault } from '../platform/plans.ts';
import type { CourierRpc } from '../platform/webhooks/contract.ts';
import { courierName } from '../platform/webhooks/emit.ts';

/** Bindings and variables of the Worker. */
export interface Env {
  readonly CLUSTER: DurableObjectNamespace;
  /** One courier of webhooks for each owner. */
  readonly COURIER: DurableObjectNamespace;
  readonly PLATFORM_DB: D1Database;
  /** Private P-256 JWK (JSON, with `kid`) that signs every token of the installation. A secret. */
  readonly SIGNING_KEY: string;
  /** Any long secret; encrypts webhook secrets and kept answers. Absent: the signing key, which then cannot change freely. */
  readonly SEALING_KEY?: string;
  /** Cost of password hashes in rounds of 100,000 iterations; absent: six. Tests take one. */
  readonly PASSWORD_ROUNDS?: string;
  /** Milliseconds after which an open stream is looked after; absent: half a minute. Tests take less. */
  readonly WATCH_HEARTBEAT_MS?: string;
  /** Origin that clients use; absent: the origin of each request. */
  readonly PUBLIC_URL?: string;
  /** Plan of accounts that were given none; absent: the smallest. */
  readonly DEFAULT_PLAN?: string;
  /** `allow`: webhooks may lead to the server's own machine. For servers that belong to who uses them. */
  readonly OUTBOUND_LOOPBACK?: string;
  /** PEM of the CA behind the front's certificate; absent when a public CA signed it. */
  readonly CA_CERTIFICATE?: string;
}

/** Milliseconds between two looks at who reads a stream; `undefined`: the usual. */
export const heartbeatOf = ({ WATCH_HEARTBEAT_MS: given }: Env): number | undefined =>
  given === undefined ? undefined : Number(given);

/** A cluster object as the edge uses it. */
export type ClusterStub = ClusterRpc & { fetch(input: string, init?: RequestInit): Promise<Response> };

/** The object that is the cluster; makes no call. */
export const clusterObject = (env: Env, clusterId: string): ClusterStub =>
  env.CLUSTER.getByName(clusterId) as unknown as ClusterStub;

/** The plan of an account, which the installation may have set for all that were given none. */
export const accountPlan = (env: Env, accountId: string): Promise<AccountPlan> =>
  planOf(openPlatformDatabase(env.PLATFORM_DB), accountId, planOrDefault(env.DEFAULT_PLAN));

/** The cluster directory as seen from one request. */
export const openDirectory = (env: Env, requestUrl: string): ClusterDirectory => ({
  db: openPlatformDatabase(env.PLATFORM_DB),
  object: (clusterId) => clusterObject(env, clusterId),
  courier: (owner) => env.COURIER.getByName(courierName(owner)) as unknown as CourierRpc,
  publicUrl: env.PUBLIC_URL ?? new URL(requestUrl).origin,
  caCertificate: env.CA_CERTIFICATE ?? '',
  limitsOf: async (accountId) => (await accountPlan(env, accountId)).limits,
});

import type { CourierRpc } from './webhooks/contract.ts';
import { courierName, emit } from './webhooks/emit.ts';

/** Bindings this needs; objects are not given a drizzle database. */
export interface ExpiryBindings {
  readonly PLATFORM_DB: D1Database;
  readonly COURIER?: DurableObjectNamespace;
}

/** Columns of what went: of the cluster's row, or of its environment's. */
interface Expired {
  readonly id: string;
  readonly account_id: string;
  readonly organisation_id: string | null;
  readonly name: string;
  readonly environment_id: string | null;
  readonly learner_ref: string | null;
}

/**
 * What the platform does when a cluster's time is up. Called from the cluster's own object, before it deletes its data:
 * may run more than once, and throws to be tried again.
 */
export const forgetExpiredCluster = async (
  { PLATFORM_DB, COURIER }: ExpiryBindings,
  clusterId: string,
  now: number,
): Promise<void> => {
  const [, gone, over] = await PLATFORM_DB.batch<Expired>([
    PLATFORM_DB.prepare('DELETE FROM cluster_shares WHERE cluster_id = ?').bind(clusterId),
    PLATFORM_DB.prepare(
      'DELETE FROM clusters WHERE id = ? AND expires_at <= ? RETURNING account_id, organisation_id, name, environment_id',
    ).bind(clusterId, now),
    PLATFORM_DB.prepare(
      "UPDATE environments SET status = 'Expired' WHERE cluster_id = ? RETURNING id, learner_ref",
    ).bind(clusterId),
  ]);
  const row = gone?.results[0];
  if (row === undefined || COURIER === undefined) return;
  const owner = { accountId: row.account_id, organisationId: row.organisation_id };
  const courier = (to: typeof owner) => COURIER.getByName(courierName(to)) as unknown as CourierRpc;
  const environment = over?.results[0];
  if (row.environment_id === null || environment === undefined) {
    await emit({ courier }, owner, 'cluster.expired', { id: clusterId, name: row.name });
    return;
  }
  const { id, learner_ref: learnerRef } = environment;
  await emit({ courier }, owner, 'environment.expired', { id, clusterId, learnerRef });
};

import type { CourierRpc } from './webhooks/contract.ts';
import { courierName, emit } from './webhooks/emit.ts';

/** Bindings this needs; objects are not given a drizzle database. */
export interface ExpiryBindings {
  readonly PLATFORM_DB: D1Database;
  readonly COURIER?: DurableObjectNamespace;
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
  const [, gone] = await PLATFORM_DB.batch<{
    account_id: string;
    organisation_id: string | null;
    name: string;
    environment_id: string | null;
  }>([
    PLATFORM_DB.prepare('DELETE FROM cluster_shares WHERE cluster_id = ?').bind(clusterId),
    PLATFORM_DB.prepare(
      'DELETE FROM clusters WHERE id = ? AND expires_at <= ? RETURNING account_id, organisation_id, name, environment_id',
    ).bind(clusterId, now),
  ]);
  const row = gone?.results[0];
  if (row === undefined || row.environment_id !== null || COURIER === undefined) return;
  const owner = { accountId: row.account_id, organisationId: row.organisation_id };
  const courier = (to: typeof owner) => COURIER.getByName(courierName(to)) as unknown as CourierRpc;
  await emit({ courier }, owner, 'cluster.expired', { id: clusterId, name: row.name });
};

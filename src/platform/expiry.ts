/**
 * What the platform does when a cluster's time is up. Called from the cluster's own object, before it deletes its data:
 * may run more than once, and throws to be tried again.
 */
export const forgetExpiredCluster = async (
  database: D1Database,
  clusterId: string,
  now: number,
): Promise<void> => {
  await database.prepare('DELETE FROM clusters WHERE id = ? AND expires_at <= ?').bind(clusterId, now).run();
};

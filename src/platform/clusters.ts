import { and, asc, count, eq, gt, isNull, lte, or } from 'drizzle-orm';
import type { ClusterRpc } from '../../durable-objects/rpc.ts';
import type { Addon, ClusterSettings, NodeSpec } from '../cluster/contract.ts';
import type { Latency } from '../controllers/contract.ts';
import { printTime } from '../machinery/time.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { clusters } from './db/schema.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { forbiddenProblem, notFoundProblem } from './problem.ts';
import { makeId, toBase64Url } from './secrets.ts';

/** How many clusters an account may have at a time. */
const CLUSTERS_PER_ACCOUNT = 1000;

/** What a new cluster is asked to be, checked and completed. */
export interface ClusterOptions {
  readonly name: string | undefined;
  readonly nodes: readonly NodeSpec[];
  readonly latency: Latency;
  readonly addons: readonly Addon[];
  readonly seed: string | undefined;
  readonly ttlSeconds: number | undefined;
}

/** A cluster as the control API shows it. */
export interface ClusterView {
  readonly id: string;
  readonly name: string;
  readonly server: string;
  readonly phase: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** What the directory needs around it. */
export interface ClusterDirectory {
  readonly db: PlatformDatabase;
  /** The object that is the cluster. */
  readonly object: (clusterId: string) => ClusterRpc;
  /** Origin that clients reach the front at, e.g. `https://127.0.0.1:8443`. */
  readonly publicUrl: string;
  /** PEM of the CA that signs the front's certificate; empty when a public CA does. */
  readonly caCertificate: string;
}

type Row = typeof clusters.$inferSelect;

/** The `server:` of a cluster's kubeconfigs; also the issuer of its service-account tokens. */
export const clusterUrl = (publicUrl: string, clusterId: string): string =>
  `${publicUrl}/clusters/${clusterId}`;

const view = (publicUrl: string, row: Row): ClusterView => ({
  id: row.id,
  name: row.name,
  server: clusterUrl(publicUrl, row.id),
  phase: row.phase,
  createdAt: printTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : printTime(row.expiresAt),
});

const notExpired = (now: number) => or(isNull(clusters.expiresAt), gt(clusters.expiresAt, now));

const advertised = (publicUrl: string): string => {
  const url = new URL(publicUrl);
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
};

/** Makes a cluster and waits until its API answers. Throws a 403 problem above the account's quota. */
export const createCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  options: ClusterOptions,
  now: number,
): Promise<ClusterView> => {
  const { db, publicUrl } = directory;
  // Expired clusters deleted themselves; here goes what the directory still remembers of them.
  await db.delete(clusters).where(and(eq(clusters.accountId, accountId), lte(clusters.expiresAt, now)));
  const [counted] = await db
    .select({ clusters: count() })
    .from(clusters)
    .where(eq(clusters.accountId, accountId));
  if ((counted?.clusters ?? 0) >= CLUSTERS_PER_ACCOUNT) {
    throw forbiddenProblem(`an account may have at most ${CLUSTERS_PER_ACCOUNT} clusters`);
  }
  const id = makeId('c');
  const settings: ClusterSettings = {
    clusterId: id,
    name: options.name ?? id,
    seed: options.seed ?? toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    latency: options.latency,
    nodes: options.nodes,
    addons: options.addons,
    caCertificate: directory.caCertificate,
    issuer: clusterUrl(publicUrl, id),
    advertise: advertised(publicUrl),
  };
  const expiresAt = options.ttlSeconds === undefined ? null : now + options.ttlSeconds * 1000;
  const row: Row = {
    id,
    accountId,
    name: settings.name,
    phase: 'Running',
    options: { nodes: options.nodes, latency: options.latency, seed: settings.seed, addons: options.addons },
    createdAt: now,
    expiresAt,
  };
  await db.insert(clusters).values({ ...row, phase: 'Creating' });
  await directory.object(id).create(settings, expiresAt === null ? {} : { expiresAt });
  await db.update(clusters).set({ phase: 'Running' }).where(eq(clusters.id, id));
  return view(publicUrl, row);
};

/** The account's clusters, oldest first. */
export const listClusters = async (
  { db, publicUrl }: ClusterDirectory,
  accountId: string,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<ClusterView>> => {
  const later = after
    ? or(
        gt(clusters.createdAt, after.createdAt),
        and(eq(clusters.createdAt, after.createdAt), gt(clusters.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select()
    .from(clusters)
    .where(and(eq(clusters.accountId, accountId), notExpired(now), later))
    .orderBy(asc(clusters.createdAt), asc(clusters.id))
    .limit(limit + 1);
  return makePage(rows, limit, (row) => view(publicUrl, row));
};

/** The directory's entry of a cluster, whoever owns it; `undefined` when there is none or it has expired. */
export const findCluster = async (
  db: PlatformDatabase,
  clusterId: string,
  now: number,
): Promise<{ accountId: string; name: string } | undefined> => {
  const [row] = await db
    .select({ accountId: clusters.accountId, name: clusters.name })
    .from(clusters)
    .where(and(eq(clusters.id, clusterId), notExpired(now)))
    .limit(1);
  return row;
};

/** One of the account's clusters. Another account's cluster is the same 404 problem as none. */
export const getCluster = async (
  { db, publicUrl }: ClusterDirectory,
  accountId: string,
  clusterId: string,
  now: number,
): Promise<ClusterView> => {
  const [row] = await db
    .select()
    .from(clusters)
    .where(and(eq(clusters.id, clusterId), eq(clusters.accountId, accountId), notExpired(now)))
    .limit(1);
  if (row === undefined) throw notFoundProblem('cluster');
  return view(publicUrl, row);
};

/**
 * Deletes a cluster with all its data. The entry goes last: a crash in between leaves a cluster that can be
 * deleted again, never data without an entry.
 */
export const deleteCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  clusterId: string,
  now: number,
): Promise<void> => {
  await getCluster(directory, accountId, clusterId, now);
  await directory.db.update(clusters).set({ phase: 'Deleting' }).where(eq(clusters.id, clusterId));
  await directory.object(clusterId).destroy();
  await directory.db.delete(clusters).where(eq(clusters.id, clusterId));
};

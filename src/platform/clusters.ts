import { and, asc, count, eq, gt, inArray, isNull, like, lte, or, type SQL } from 'drizzle-orm';
import type { ClusterRpc, Staging } from '../../durable-objects/rpc.ts';
import type { Addon, ClusterSettings, NodeSpec } from '../cluster/contract.ts';
import type { Latency } from '../controllers/contract.ts';
import type { Exercise } from '../exercise/contract.ts';
import { printTime } from '../machinery/time.ts';
import { CLUSTER_ACTIONS, type ClusterAction } from './access.ts';
import { relationTo } from './cluster-relation.ts';
import { clusterShares } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { clusters } from './db/schema.ts';
import { type Limits, lifetimeFor, requireNodes, requireWithin } from './limits.ts';
import { type Owner, ownedBy } from './ownership.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { conflictProblem, forbiddenProblem, makeProblem, notFoundProblem } from './problem.ts';
import { makeId, toBase64Url } from './secrets.ts';
import type { CourierRpc } from './webhooks/contract.ts';
import { emit } from './webhooks/emit.ts';

/** What a new cluster is asked to be, checked and completed. */
export interface ClusterOptions {
  readonly name: string | undefined;
  readonly nodes: readonly NodeSpec[];
  readonly latency: Latency;
  readonly addons: readonly Addon[];
  readonly seed: string | undefined;
  readonly ttlSeconds: number | undefined;
  /** What it is to hold from the beginning: objects, and the instant its clock starts at. */
  readonly content?: { readonly exercise: Exercise; readonly startsAt: number };
}

/** A cluster as the control API shows it. */
export interface ClusterView {
  readonly id: string;
  readonly name: string;
  readonly server: string;
  readonly phase: string;
  /** The organisation it belongs to; absent: the account of whoever made it. */
  readonly organisationId?: string;
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
  /** The courier of an owner's webhooks. */
  readonly courier: (owner: Owner) => CourierRpc;
  /** What the plan of an account allows. */
  readonly limitsOf: (accountId: string) => Promise<Limits>;
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
  ...(row.organisationId === null ? {} : { organisationId: row.organisationId }),
  createdAt: printTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : printTime(row.expiresAt),
});

const notExpired = (now: number) => or(isNull(clusters.expiresAt), gt(clusters.expiresAt, now));

const advertised = (publicUrl: string): string => {
  const url = new URL(publicUrl);
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
};

/** Throws a 502 problem when an exercise's first state could not be made. */
export const requireStaged = (staging: Staging): void => {
  const [first] = staging.failures;
  if (first === undefined) return;
  throw makeProblem(
    'cluster-failed',
    `the first state could not be made: object ${first.step}: ${first.message}`,
  );
};

/** Enters a cluster into the directory, unless it would be one too many. */
const enterCluster = async (db: PlatformDatabase, row: Row, limits: Limits, now: number): Promise<void> => {
  const owned = eq(clusters.accountId, row.accountId);
  // One transaction: of two requests for the last free place exactly one finds it.
  const [, , [counted]] = await db.batch([
    // Expired clusters deleted themselves; here goes what the directory may still remember of them.
    db.delete(clusters).where(and(owned, lte(clusters.expiresAt, now))),
    db.insert(clusters).values(row),
    db
      .select({ clusters: count() })
      .from(clusters)
      .where(and(owned, isNull(clusters.environmentId))),
  ]);
  try {
    requireWithin(limits, 'clusters', counted?.clusters ?? 0);
  } catch (error) {
    await db.delete(clusters).where(eq(clusters.id, row.id));
    throw error;
  }
};

/**
 * Makes a cluster and waits until its API answers. `owner` has been checked (`resolveOwner`). Throws a quota-exceeded
 * problem above the account's quota.
 */
export const createCluster = async (
  directory: ClusterDirectory,
  owner: Owner,
  options: ClusterOptions,
  now: number,
): Promise<ClusterView> => {
  const { db, publicUrl } = directory;
  const { accountId, organisationId } = owner;
  const limits = await directory.limitsOf(accountId);
  const ttlSeconds = lifetimeFor(limits, options.ttlSeconds);
  requireNodes(limits, options.nodes.length);
  const id = makeId('c');
  const settings: ClusterSettings = {
    clusterId: id,
    name: options.name ?? id,
    seed: options.seed ?? toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    latency: options.latency,
    nodes: options.nodes,
    addons: options.addons,
    ...(options.content === undefined ? {} : { startsAt: options.content.startsAt }),
    caCertificate: directory.caCertificate,
    issuer: clusterUrl(publicUrl, id),
    advertise: advertised(publicUrl),
  };
  const expiresAt = ttlSeconds === undefined ? null : now + ttlSeconds * 1000;
  const row: Row = {
    id,
    accountId,
    organisationId,
    environmentId: null,
    name: settings.name,
    phase: 'Running',
    options: { nodes: options.nodes, latency: options.latency, seed: settings.seed, addons: options.addons },
    createdAt: now,
    expiresAt,
  };
  await enterCluster(db, { ...row, phase: 'Creating' }, limits, now);
  const lease = expiresAt === null ? {} : { expiresAt };
  try {
    const object = directory.object(id);
    if (options.content === undefined) await object.create(settings, lease, limits.cluster);
    else requireStaged(await object.stage(settings, lease, limits.cluster, options.content.exercise));
  } catch (error) {
    // Half a cluster is none: nothing of it may count or be listed.
    await destroyCluster(directory, id);
    throw error;
  }
  await db.update(clusters).set({ phase: 'Running' }).where(eq(clusters.id, id));
  const made = view(publicUrl, row);
  await emit(directory, owner, 'cluster.created', made);
  return made;
};

/** Which clusters a list shows. */
export interface ClusterFilter {
  /** The exact name. */
  readonly name?: string | undefined;
  /** The beginning of the name. */
  readonly namePrefix?: string | undefined;
  readonly phase?: Row['phase'] | undefined;
}

/** The beginning of a text as a LIKE pattern; names are DNS labels or ids, so nothing in them is special. */
const beginsWith = (prefix: string): string => `${prefix.replaceAll(/[%_]/g, '')}%`;

/** Whose clusters are listed: an owner's, or those that others share with an account. */
export type ListedFor = Owner | { readonly sharedWith: string };

const listedFor = (db: PlatformDatabase, whose: ListedFor): SQL | undefined =>
  'sharedWith' in whose
    ? inArray(
        clusters.id,
        db
          .select({ id: clusterShares.clusterId })
          .from(clusterShares)
          .where(eq(clusterShares.accountId, whose.sharedWith)),
      )
    : ownedBy(clusters, whose);

/** These clusters, oldest first. */
export const listClusters = async (
  { db, publicUrl }: ClusterDirectory,
  whose: ListedFor,
  filter: ClusterFilter,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<ClusterView>> => {
  const later = after
    ? or(
        gt(clusters.createdAt, after.createdAt),
        and(eq(clusters.createdAt, after.createdAt), gt(clusters.id, after.id)),
      )
    : undefined;
  const wanted = and(
    filter.name === undefined ? undefined : eq(clusters.name, filter.name),
    filter.namePrefix === undefined ? undefined : like(clusters.name, beginsWith(filter.namePrefix)),
    filter.phase === undefined ? undefined : eq(clusters.phase, filter.phase),
  );
  const rows = await db
    .select()
    .from(clusters)
    .where(and(listedFor(db, whose), isNull(clusters.environmentId), notExpired(now), wanted, later))
    .orderBy(asc(clusters.createdAt), asc(clusters.id))
    .limit(limit + 1);
  return makePage(rows, limit, (row) => view(publicUrl, row));
};

/** The directory's entry of a cluster, whoever owns it; `undefined` when there is none or it has expired. */
export const findCluster = async (
  db: PlatformDatabase,
  clusterId: string,
  now: number,
): Promise<(Owner & { name: string }) | undefined> => {
  const [row] = await db
    .select({
      accountId: clusters.accountId,
      organisationId: clusters.organisationId,
      name: clusters.name,
    })
    .from(clusters)
    .where(and(eq(clusters.id, clusterId), notExpired(now)))
    .limit(1);
  return row;
};

const readEntry = async ({ db, publicUrl }: ClusterDirectory, clusterId: string): Promise<ClusterView> => {
  const [row] = await db.select().from(clusters).where(eq(clusters.id, clusterId)).limit(1);
  if (row === undefined) throw notFoundProblem('cluster');
  return view(publicUrl, row);
};

/**
 * A cluster, if the account may do this with it (`administer` unless another action is named). A cluster the account
 * may not see is the same 404 problem as none; one it sees but may not do this with is 403.
 */
export const getCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  clusterId: string,
  now: number,
  action: ClusterAction = 'administer',
): Promise<ClusterView> => {
  const found = await findCluster(directory.db, clusterId, now);
  if (found === undefined) throw notFoundProblem('cluster');
  const { relation } = await relationTo(directory.db, accountId, clusterId, found);
  const allowed = CLUSTER_ACTIONS[relation];
  if (!allowed.includes('see')) throw notFoundProblem('cluster');
  if (!allowed.includes(action)) throw forbiddenProblem('what was shared with you does not include this');
  return readEntry(directory, clusterId);
};

/** A cluster that the account may rename, move the end of, and delete. One of an environment lives and ends with that. */
const managedCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  clusterId: string,
  now: number,
): Promise<ClusterView> => {
  const cluster = await getCluster(directory, accountId, clusterId, now, 'manage');
  const [row] = await directory.db
    .select({ environmentId: clusters.environmentId })
    .from(clusters)
    .where(eq(clusters.id, clusterId));
  const environmentId = row?.environmentId ?? null;
  if (environmentId === null) return cluster;
  throw conflictProblem(`the cluster belongs to the environment ${environmentId}: extend or delete that`);
};

/** Renames a cluster, or moves its end: `ttlSeconds` counts from now, null is for ever. */
export const changeCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  clusterId: string,
  {
    name,
    ttlSeconds,
  }: { readonly name?: string | undefined; readonly ttlSeconds?: number | null | undefined },
  now: number,
): Promise<ClusterView> => {
  await managedCluster(directory, accountId, clusterId, now);
  const changed = eq(clusters.id, clusterId);
  if (name !== undefined) await directory.db.update(clusters).set({ name }).where(changed);
  if (ttlSeconds !== undefined) {
    const owner = await findCluster(directory.db, clusterId, now);
    const limits = await directory.limitsOf(owner?.accountId ?? accountId);
    const seconds = lifetimeFor(limits, ttlSeconds ?? Infinity);
    const expiresAt = seconds === undefined ? null : now + seconds * 1000;
    // The object first: it is what deletes itself, and it may be that it just did.
    const lives = await directory.object(clusterId).extend(expiresAt === null ? {} : { expiresAt });
    if (!lives) throw notFoundProblem('cluster');
    await directory.db.update(clusters).set({ expiresAt }).where(changed);
  }
  return readEntry(directory, clusterId);
};

/**
 * Deletes a cluster with all its data, whoever asks. The entry goes last: a crash in between leaves a cluster that can
 * be deleted again, never data without an entry.
 */
export const destroyCluster = async (
  { db, object }: Pick<ClusterDirectory, 'db' | 'object'>,
  clusterId: string,
): Promise<void> => {
  await db.update(clusters).set({ phase: 'Deleting' }).where(eq(clusters.id, clusterId));
  await object(clusterId).destroy();
  await db.batch([
    db.delete(clusterShares).where(eq(clusterShares.clusterId, clusterId)),
    db.delete(clusters).where(eq(clusters.id, clusterId)),
  ]);
};

/** Deletes a cluster, if the account may; returns what it was. */
export const deleteCluster = async (
  directory: ClusterDirectory,
  accountId: string,
  clusterId: string,
  now: number,
): Promise<ClusterView> => {
  const cluster = await managedCluster(directory, accountId, clusterId, now);
  const owner = await findCluster(directory.db, clusterId, now);
  await destroyCluster(directory, clusterId);
  if (owner !== undefined) await emit(directory, owner, 'cluster.deleted', cluster);
  return cluster;
};

/** Ids of everything this owner has, expired or not, for when all of it goes. */
export const clusterIdsOf = async (db: PlatformDatabase, owner: Owner): Promise<readonly string[]> => {
  const rows = await db.select({ id: clusters.id }).from(clusters).where(ownedBy(clusters, owner));
  return rows.map(({ id }) => id);
};

/** Gives what an account made in an organisation to another of its members. */
export const handOverClusters = async (
  db: PlatformDatabase,
  organisationId: string,
  from: string,
  to: string,
): Promise<void> => {
  await db
    .update(clusters)
    .set({ accountId: to })
    .where(and(eq(clusters.organisationId, organisationId), eq(clusters.accountId, from)));
};

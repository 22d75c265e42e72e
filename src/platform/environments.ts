import { and, asc, count, eq, gt, isNull, lte, ne, or, type SQL } from 'drizzle-orm';
import type { ClusterSettings } from '../cluster/contract.ts';
import { type ClusterDirectory, clusterUrl, destroyCluster, requireStaged } from './clusters.ts';
import { environments } from './db/exercises.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { clusters } from './db/schema.ts';
import { ENVIRONMENT_ACTIONS, type EnvironmentAction, relationToEnvironment } from './environment-access.ts';
import { type Limits, lifetimeFor, requireNodes, requireWithin } from './limits.ts';
import { type Owner, ownedBy } from './ownership.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { conflictProblem, forbiddenProblem, makeProblem, notFoundProblem } from './problem.ts';
import { makeId, toBase64Url } from './secrets.ts';
import { compileExercise, nodesOf, pointsOf, startOf } from './templates/compile.ts';
import { resolveTemplate } from './templates/load.ts';
import type { Template } from './templates/schema.ts';
import { findTemplate, readVersion, type StoredTemplate } from './templates/store.ts';

/** Lifetime of an environment that asks for none, where the plan allows that long. */
const STANDARD_TTL_SECONDS = 24 * 3600;

/** How many objects are destroyed at a time. */
const AT_ONCE = 10;

/** One environment, as it is stored. */
export type Environment = typeof environments.$inferSelect;

/** What a new environment is asked to be, checked. */
export interface EnvironmentRequest {
  readonly owner: Owner;
  readonly template: string;
  readonly version?: string | undefined;
  readonly seed?: string | undefined;
  readonly learnerRef?: string | undefined;
  readonly learnerAccountId?: string | undefined;
  readonly ttlSeconds?: number | undefined;
}

/** An environment with the template its seed gives. */
export interface OpenEnvironment {
  readonly environment: Environment;
  readonly template: Template;
}

/** The template of a stored version as a seed fills it. */
export const fillTemplate = ({ loaded }: StoredTemplate, seed: string): Template => {
  const resolved = resolveTemplate(loaded, seed);
  if (resolved.ok) return resolved.template;
  const [first] = resolved.problems;
  throw makeProblem(
    'unprocessable',
    `the template does not take the seed: ${first?.path}: ${first?.message}`,
  );
};

const templateKeys = ({ accountId, organisationId }: Owner): readonly string[] =>
  organisationId === null ? [accountId] : [organisationId, accountId];

const advertised = (publicUrl: string): string => {
  const url = new URL(publicUrl);
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
};

const settingsOf = (
  directory: ClusterDirectory,
  { environment, template }: OpenEnvironment,
  now: number,
): ClusterSettings => {
  const { clusterId, seed } = environment;
  return {
    clusterId,
    name: environment.id,
    seed: template.cluster.seed ?? seed,
    latency: template.cluster.latency,
    nodes: nodesOf(template),
    ...(template.cluster.addons === undefined ? {} : { addons: template.cluster.addons }),
    startsAt: startOf(template, now),
    caCertificate: directory.caCertificate,
    issuer: clusterUrl(directory.publicUrl, clusterId),
    advertise: advertised(directory.publicUrl),
  };
};

/** Enters an environment and its cluster, unless it would be one too many. */
const enter = async (
  db: PlatformDatabase,
  row: Environment,
  cluster: typeof clusters.$inferInsert,
  limits: Limits,
): Promise<void> => {
  const owned = and(eq(environments.accountId, row.accountId), ne(environments.status, 'Expired'));
  const [, , [counted]] = await db.batch([
    db.insert(environments).values(row),
    db.insert(clusters).values(cluster),
    db.select({ environments: count() }).from(environments).where(owned),
  ]);
  try {
    requireWithin(limits, 'environments', counted?.environments ?? 0);
  } catch (error) {
    await forget(db, row);
    throw error;
  }
};

const forget = async (db: PlatformDatabase, { id, clusterId }: Environment): Promise<void> => {
  await db.batch([
    db.delete(clusters).where(eq(clusters.id, clusterId)),
    db.delete(environments).where(eq(environments.id, id)),
  ]);
};

/** The rows of an environment about to be made, and of its cluster. */
const draft = (
  request: EnvironmentRequest,
  stored: StoredTemplate,
  { seed, template }: { readonly seed: string; readonly template: Template },
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number | null },
) => {
  const { accountId, organisationId } = request.owner;
  const environment: Environment = {
    id: makeId('e'),
    accountId,
    organisationId,
    clusterId: makeId('c'),
    template: stored.summary.name,
    version: stored.summary.version,
    templateVersionId: stored.id,
    seed,
    learnerRef: request.learnerRef ?? null,
    learnerAccountId: request.learnerAccountId ?? null,
    status: 'Ready',
    paused: template.cluster.clock.paused ?? false,
    resets: 0,
    hints: {},
    score: null,
    maximum: pointsOf(template),
    passed: false,
    gradedAt: null,
    passedAt: null,
    createdAt: now,
    expiresAt,
  };
  const { id, clusterId } = environment;
  const options = { environment: id };
  const shared = { accountId, organisationId, environmentId: id, options, createdAt: now, expiresAt };
  return { environment, cluster: { ...shared, id: clusterId, name: id, phase: 'Creating' as const } };
};

/**
 * Makes an environment and waits until its cluster is in the exercise's first state. `owner` has been checked. Throws
 * 404 for an unknown template and quota-exceeded problems.
 */
export const createEnvironment = async (
  directory: ClusterDirectory,
  request: EnvironmentRequest,
  now: number,
): Promise<OpenEnvironment> => {
  const { owner } = request;
  const { db } = directory;
  const [limits, stored] = await Promise.all([
    directory.limitsOf(owner.accountId),
    findTemplate(db, templateKeys(owner), request.template, request.version),
  ]);
  const seed = request.seed ?? toBase64Url(crypto.getRandomValues(new Uint8Array(12)));
  const template = fillTemplate(stored, seed);
  const { maximum } = limits.clusterTtlSeconds;
  const ttlSeconds = lifetimeFor(limits, request.ttlSeconds ?? Math.min(STANDARD_TTL_SECONDS, maximum));
  requireNodes(limits, nodesOf(template).length);
  const expiresAt = ttlSeconds === undefined ? null : now + ttlSeconds * 1000;
  const { environment, cluster } = draft(request, stored, { seed, template }, { now, expiresAt });
  await enter(db, { ...environment, status: 'Creating' }, cluster, limits);
  try {
    const settings = settingsOf(directory, { environment, template }, now);
    const lease = expiresAt === null ? {} : { expiresAt };
    const exercise = compileExercise(template);
    requireStaged(await directory.object(cluster.id).stage(settings, lease, limits.cluster, exercise));
  } catch (error) {
    await directory.object(cluster.id).destroy();
    await forget(db, environment);
    throw error;
  }
  await db.batch([
    db.update(clusters).set({ phase: 'Running' }).where(eq(clusters.id, cluster.id)),
    db.update(environments).set({ status: 'Ready' }).where(eq(environments.id, environment.id)),
  ]);
  return { environment, template };
};

/** What a cluster made from a template is to be, apart from its name and lifetime. Throws a 404 problem. */
export const contentOfTemplate = async (
  db: PlatformDatabase,
  owner: Owner,
  wanted: { readonly template: string; readonly seed: string | undefined },
  now: number,
) => {
  const stored = await findTemplate(db, templateKeys(owner), wanted.template, undefined);
  const seed = wanted.seed ?? toBase64Url(crypto.getRandomValues(new Uint8Array(12)));
  const template = fillTemplate(stored, seed);
  const { latency, addons = [] } = template.cluster;
  return {
    seed: template.cluster.seed ?? seed,
    nodes: nodesOf(template),
    latency,
    addons,
    content: { exercise: compileExercise(template), startsAt: startOf(template, now) },
  };
};

/** Reads the template version that an environment was made from. */
export const openEnvironment = async (
  db: PlatformDatabase,
  environment: Environment,
): Promise<OpenEnvironment> => {
  const stored =
    environment.templateVersionId === null
      ? await findTemplate(db, [], environment.template, undefined)
      : await readVersion(db, environment.templateVersionId);
  return { environment, template: fillTemplate(stored, environment.seed) };
};

const isOver = ({ status, expiresAt }: Environment, now: number): boolean =>
  status === 'Expired' || (expiresAt !== null && expiresAt <= now);

/**
 * An environment, if the account may do this with it. One it may not see is the same 404 problem as none; one it sees
 * but may not do this with is 403. What has expired can only be seen and deleted: anything else is 410.
 */
export const getEnvironment = async (
  db: PlatformDatabase,
  accountId: string,
  id: string,
  action: EnvironmentAction,
  now: number,
): Promise<Environment> => {
  const [row] = await db.select().from(environments).where(eq(environments.id, id)).limit(1);
  if (row === undefined) throw notFoundProblem('environment');
  const allowed = ENVIRONMENT_ACTIONS[await relationToEnvironment(db, accountId, row)];
  if (!allowed.includes('see')) throw notFoundProblem('environment');
  if (!allowed.includes(action)) throw forbiddenProblem('learners may practise in it, but not manage it');
  if (action === 'see' || action === 'remove') return row;
  if (isOver(row, now)) throw makeProblem('gone', 'the environment has expired');
  if (row.status !== 'Ready') throw conflictProblem('the environment is not ready');
  return row;
};

/** Which environments a list shows. */
export interface EnvironmentFilter {
  readonly learnerRef?: string | undefined;
  readonly template?: string | undefined;
  readonly status?: 'Ready' | 'Expired' | undefined;
  readonly passed?: boolean | undefined;
}

/** The object marks what has expired a little late; lists do not wait for it. */
const hasStatus = (status: 'Ready' | 'Expired', now: number): SQL | undefined => {
  const { expiresAt } = environments;
  if (status === 'Expired') return or(eq(environments.status, 'Expired'), lte(expiresAt, now));
  return and(eq(environments.status, 'Ready'), or(isNull(expiresAt), gt(expiresAt, now)));
};

/** The environments of an owner, or those that were made for a learner's account; oldest first. */
export const listEnvironments = async (
  db: PlatformDatabase,
  whose: Owner | { readonly learnerAccountId: string },
  filter: EnvironmentFilter,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<Environment>> => {
  const { createdAt, id } = environments;
  const later: SQL | undefined = after
    ? or(gt(createdAt, after.createdAt), and(eq(createdAt, after.createdAt), gt(id, after.id)))
    : undefined;
  const belongs =
    'learnerAccountId' in whose
      ? eq(environments.learnerAccountId, whose.learnerAccountId)
      : ownedBy(environments, whose);
  const wanted = and(
    filter.learnerRef === undefined ? undefined : eq(environments.learnerRef, filter.learnerRef),
    filter.template === undefined ? undefined : eq(environments.template, filter.template),
    filter.status === undefined ? undefined : hasStatus(filter.status, now),
    filter.passed === undefined ? undefined : eq(environments.passed, filter.passed),
  );
  const rows = await db
    .select()
    .from(environments)
    .where(and(belongs, wanted, later))
    .orderBy(asc(createdAt), asc(id))
    .limit(limit + 1);
  return makePage(rows, limit, (row) => row);
};

/** Begins an environment again: same cluster id, kubeconfigs of users and seed; everything in it is made anew. */
export const resetEnvironment = async (
  directory: ClusterDirectory,
  { environment, template }: OpenEnvironment,
): Promise<Environment> => {
  requireStaged(await directory.object(environment.clusterId).restage());
  const paused = template.cluster.clock.paused ?? false;
  const set = {
    resets: environment.resets + 1,
    paused,
    score: null,
    passed: false,
    gradedAt: null,
    passedAt: null,
    hints: {},
  };
  await directory.db.update(environments).set(set).where(eq(environments.id, environment.id));
  return { ...environment, ...set };
};

/** Moves an environment's end to `seconds` from now. Throws a 403 problem beyond what the plan allows. */
export const extendEnvironment = async (
  directory: ClusterDirectory,
  environment: Environment,
  seconds: number,
  now: number,
): Promise<Environment> => {
  const limits = await directory.limitsOf(environment.accountId);
  lifetimeFor(limits, seconds);
  const expiresAt = now + seconds * 1000;
  // The object first: it is what deletes itself.
  if (!(await directory.object(environment.clusterId).extend({ expiresAt })))
    throw makeProblem('gone', 'the environment has expired');
  await directory.db.batch([
    directory.db.update(clusters).set({ expiresAt }).where(eq(clusters.id, environment.clusterId)),
    directory.db.update(environments).set({ expiresAt }).where(eq(environments.id, environment.id)),
  ]);
  return { ...environment, expiresAt };
};

/** Stops or goes on with the environment's clock. */
export const pauseEnvironment = async (
  directory: ClusterDirectory,
  environment: Environment,
  paused: boolean,
): Promise<Environment> => {
  await directory.object(environment.clusterId).repace({ paused });
  await directory.db.update(environments).set({ paused }).where(eq(environments.id, environment.id));
  return { ...environment, paused };
};

/** Deletes an environment with its cluster and all its data. The entry goes last. */
export const deleteEnvironment = async (
  directory: Pick<ClusterDirectory, 'db' | 'object'>,
  environment: Environment,
): Promise<void> => {
  const { db } = directory;
  await db.update(environments).set({ status: 'Deleting' }).where(eq(environments.id, environment.id));
  await destroyCluster(directory, environment.clusterId);
  await db.delete(environments).where(eq(environments.id, environment.id));
};

/** Deletes every environment of an owner, for when all of it goes. */
export const destroyEnvironmentsOf = async (
  directory: Pick<ClusterDirectory, 'db' | 'object'>,
  owner: Owner,
): Promise<void> => {
  const rows = await directory.db.select().from(environments).where(ownedBy(environments, owner));
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    await Promise.all(rows.slice(start, start + AT_ONCE).map((row) => deleteEnvironment(directory, row)));
  }
};

/** An organisation's environments that a leaving account made become another member's to count. */
export const handOverEnvironments = async (
  db: PlatformDatabase,
  organisationId: string,
  from: string,
  to: string,
): Promise<void> => {
  await db
    .update(environments)
    .set({ accountId: to })
    .where(and(eq(environments.organisationId, organisationId), eq(environments.accountId, from)));
};

/** One more hint of a task; how many were asked for by then. Throws a conflict when there is none left. */
export const takeHint = async (
  db: PlatformDatabase,
  environment: Environment,
  taskId: string,
  available: number,
): Promise<number> => {
  const taken = environment.hints[taskId] ?? 0;
  if (taken >= available) throw conflictProblem('the task has no more hints');
  const hints = { ...environment.hints, [taskId]: taken + 1 };
  await db.update(environments).set({ hints }).where(eq(environments.id, environment.id));
  return taken + 1;
};

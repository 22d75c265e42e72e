import type { ClusterLimits } from '../machinery/cluster-limits.ts';
import { makeProblem, type ProblemError } from './problem.ts';

/** What an account may have a number of. The names are those of `GET /v1/usage` and of refusals. */
export const QUOTAS = [
  'clusters',
  'environments',
  'templates',
  'webhooks',
  'organisations',
  'members',
  'apiKeys',
] as const;

/** The name of something there may be a number of. */
export type Quota = (typeof QUOTAS)[number];

/** What a plan allows. `Infinity` is no limit. */
export interface Limits {
  /** Numbers of things, for each account that owns them. */
  readonly counts: Readonly<Record<Quota, number>>;
  /** Lifetime of a cluster that asks for none, and the longest it may ask for, in seconds. */
  readonly clusterTtlSeconds: { readonly default: number; readonly maximum: number };
  /** Requests of the account a second in the long run, and at once: the control API and all its clusters together. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Held to by each cluster itself. */
  readonly cluster: ClusterLimits;
}

const MIB = 1024 * 1024;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** The plans. Changing a row changes what new clusters get; existing ones follow when their account's plan is set. */
export const PLANS = {
  free: {
    counts: {
      clusters: 5,
      environments: 20,
      templates: 10,
      webhooks: 3,
      organisations: 2,
      members: 10,
      apiKeys: 10,
    },
    clusterTtlSeconds: { default: DAY, maximum: 7 * DAY },
    requestsPerSecond: 100,
    requestBurst: 400,
    cluster: {
      objects: 5_000,
      pods: 500,
      nodes: 20,
      bytes: 32 * MIB,
      storageBytes: 256 * MIB,
      auditBytes: 8 * MIB,
      watches: 100,
      requestsPerSecond: 50,
      requestBurst: 200,
      workPerMinute: 60_000,
    },
  },
  team: {
    counts: {
      clusters: 50,
      environments: 200,
      templates: 100,
      webhooks: 20,
      organisations: 10,
      members: 100,
      apiKeys: 100,
    },
    clusterTtlSeconds: { default: Infinity, maximum: Infinity },
    requestsPerSecond: 500,
    requestBurst: 2_000,
    cluster: {
      objects: 20_000,
      pods: 5_000,
      nodes: 100,
      bytes: 128 * MIB,
      storageBytes: 1024 * MIB,
      auditBytes: 32 * MIB,
      watches: 500,
      requestsPerSecond: 100,
      requestBurst: 400,
      workPerMinute: 200_000,
    },
  },
  classroom: {
    counts: {
      clusters: 1_000,
      environments: 1_000,
      templates: 500,
      webhooks: 50,
      organisations: 50,
      members: 2_000,
      apiKeys: 500,
    },
    clusterTtlSeconds: { default: Infinity, maximum: Infinity },
    requestsPerSecond: 2_000,
    requestBurst: 8_000,
    cluster: {
      objects: 20_000,
      pods: 5_000,
      nodes: 101,
      bytes: 128 * MIB,
      storageBytes: 1024 * MIB,
      auditBytes: 32 * MIB,
      watches: 500,
      requestsPerSecond: 300,
      requestBurst: 1_200,
      workPerMinute: 400_000,
    },
  },
  unlimited: {
    counts: {
      clusters: 100_000,
      environments: 100_000,
      templates: 10_000,
      webhooks: 1_000,
      organisations: 1_000,
      members: 100_000,
      apiKeys: 10_000,
    },
    clusterTtlSeconds: { default: Infinity, maximum: Infinity },
    requestsPerSecond: Infinity,
    requestBurst: Infinity,
    // What one object of the platform can hold: the size of its database and of its memory.
    cluster: {
      objects: 200_000,
      pods: 100_000,
      nodes: 1_000,
      bytes: 1024 * MIB,
      storageBytes: 8 * 1024 * MIB,
      auditBytes: 256 * MIB,
      watches: 10_000,
    },
  },
} as const satisfies Readonly<Record<string, Limits>>;

/** The name of a plan. */
export type PlanName = keyof typeof PLANS;

/** Every plan's name. */
export const PLAN_NAMES = Object.keys(PLANS) as [PlanName, ...PlanName[]];

/** The plan of this name; `undefined` when there is none. Safe for any text. */
export const planNamed = (name: string): PlanName | undefined =>
  Object.hasOwn(PLANS, name) ? (name as PlanName) : undefined;

/** What a plan allows. */
export const limitsOfPlan = (plan: PlanName): Limits => PLANS[plan];

const WORDS: Readonly<Record<Quota, string>> = {
  clusters: 'clusters',
  environments: 'environments',
  templates: 'templates',
  webhooks: 'webhooks',
  organisations: 'organisations',
  members: 'members',
  apiKeys: 'API keys',
};

/** The 403 problem (`quota-exceeded`) of a limit that is reached. */
export const quotaProblem = (quota: Quota, limit: number): ProblemError =>
  makeProblem('quota-exceeded', `the plan allows at most ${limit} ${WORDS[quota]}`, {
    errors: [{ path: quota, message: `at most ${limit}` }],
  });

/**
 * Throws the `quota-exceeded` problem when there would be more of something than the plan allows. `count` is how many
 * there are with the new one. To be exact under concurrent requests, insert and count in one batch (a transaction),
 * call this, and delete the row again when it throws.
 */
export const requireWithin = (limits: Limits, quota: Quota, count: number): void => {
  const limit = limits.counts[quota];
  if (count > limit) throw quotaProblem(quota, limit);
};

/** Throws a 403 problem when a cluster with so many workers, and its control plane, has too many nodes. */
export const requireNodes = (limits: Limits, workers: number): void => {
  const { nodes } = limits.cluster;
  if (nodes === undefined || workers < nodes) return;
  throw makeProblem('quota-exceeded', `the plan allows at most ${nodes - 1} workers`, {
    errors: [{ path: 'nodes', message: `at most ${nodes - 1}` }],
  });
};

/**
 * The lifetime of a new cluster in seconds; `undefined` is for ever. Throws a 403 problem when more is asked for than
 * the plan allows.
 */
export const lifetimeFor = (limits: Limits, asked: number | undefined): number | undefined => {
  const { default: standard, maximum } = limits.clusterTtlSeconds;
  if (asked !== undefined && asked > maximum) {
    throw makeProblem('quota-exceeded', `the plan allows a lifetime of at most ${maximum} seconds`, {
      errors: [{ path: 'ttlSeconds', message: `at most ${maximum}` }],
    });
  }
  const chosen = asked ?? standard;
  return chosen === Infinity ? undefined : chosen;
};

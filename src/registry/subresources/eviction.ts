/** pods/eviction: a delete that respects disruption budgets (pkg/registry/core/pod/storage/eviction.go). */

import type { Identity } from '../../auth/identity.ts';
import type { PodDisruptionBudget } from '../../kinds/generated/types.ts';
import { asRecord, type Draft, type KubeObject } from '../../machinery/object.ts';
import { matchesSelector } from '../../machinery/selector.ts';
import {
  badRequest,
  conflict,
  forbidden,
  internalError,
  makeStatus,
  notFound,
  StatusError,
} from '../../machinery/status.ts';
import { printTime } from '../../machinery/time.ts';
import type { DeleteOptions, Target, WriteOptions } from '../contract.ts';
import { deleteOne, preconditionProblem } from '../delete.ts';
import { keyOfKind, type RegistryDeps, refOf } from '../dependencies.ts';
import { metaOf } from '../system-fields.ts';
import { update } from '../update.ts';
import { phaseOf, setPodCondition } from './binding.ts';

const RETRY_SECONDS = 10;
/** As upstream names it in refusals. */
const RESOURCE = { group: 'policy', resource: 'poddisruptionbudget' };
/** Evictions that the controller has not noticed yet. */
const MOST_DISRUPTED = 2000;

const tooMany = (message: string, retryAfterSeconds: number, cause: string): StatusError =>
  new StatusError(
    makeStatus(429, 'TooManyRequests', message, {
      causes: [{ reason: 'DisruptionBudget', message: cause }],
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    }),
    retryAfterSeconds === 0 ? {} : { 'Retry-After': String(retryAfterSeconds) },
  );

/** Pods of these phases disrupt nobody when they go. */
const HARMLESS: ReadonlySet<string> = new Set(['Pending', 'Succeeded', 'Failed']);

const ignoresBudget = (pod: KubeObject): boolean =>
  HARMLESS.has(phaseOf(pod)) || pod.metadata.deletionTimestamp !== undefined;

const isReady = (pod: KubeObject): boolean => {
  const status = (asRecord(pod)['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return (status.conditions ?? []).some((item) => item.type === 'Ready' && item.status === 'True');
};

const budgetOf = (deps: RegistryDeps, pod: KubeObject): PodDisruptionBudget | undefined => {
  const { namespace = '', labels } = pod.metadata;
  const budgets = deps.lookup
    .list('poddisruptionbudgets.policy', namespace)
    .filter((budget) => matchesSelector(budget.spec?.selector, labels));
  if (budgets.length > 1) {
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  return budgets[0];
};

/** Whether an unready pod may go without spending the budget. */
const freeOfCharge = (budget: PodDisruptionBudget, pod: KubeObject): boolean => {
  if (isReady(pod)) return false;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
};

/** The conditions of a budget whose last disruption was spent. */
const exhausted = ({ status }: PodDisruptionBudget, now: string): unknown => {
  const type = 'DisruptionAllowed';
  const old = status?.conditions?.find((condition) => condition.type === type);
  const condition = {
    type,
    status: 'False',
    observedGeneration: status?.observedGeneration ?? 0,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  return [...(status?.conditions ?? []).filter((it) => it !== old), condition];
};

/** Why nothing may be disrupted; the counts of a budget that could not be synced mean nothing. */
const refusalOf = ({ metadata, status }: PodDisruptionBudget): string => {
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  const subject = `The disruption budget ${metadata.name ?? ''}`;
  const refused = status?.conditions?.find(
    (it) => it.type === 'DisruptionAllowed' && it.status === 'False' && (it.message ?? '') !== '',
  );
  if (refused?.reason === 'SyncFailed')
    return `${subject} does not allow evicting pods currently because it failed sync: ${refused.message}`;
  if (currentHealthy <= desiredHealthy)
    return `${subject} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const reason = refused === undefined ? '' : ` (${refused.reason}): ${refused.message}`;
  return `${subject} does not allow evicting pods currently${reason}`;
};

const spend = (
  deps: RegistryDeps,
  budget: PodDisruptionBudget,
  pod: string,
  identity: Identity,
  options: WriteOptions,
): void => {
  const name = budget.metadata.name ?? '';
  const { status } = budget;
  if ((status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    throw tooMany("Cannot evict pod as it would violate the pod's disruption budget.", RETRY_SECONDS, cause);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(RESOURCE, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > MOST_DISRUPTED) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(RESOURCE, name, why);
  }
  if (allowed === 0)
    throw tooMany("Cannot evict pod as it would violate the pod's disruption budget.", 0, refusalOf(budget));
  const kind = deps.catalog.stored('policy', 'poddisruptionbudgets');
  const version = kind?.served[0];
  if (kind === undefined || version === undefined) return;
  update(
    deps,
    { kind, version, namespace: budget.metadata.namespace ?? '', name, subresource: 'status' },
    (draft) => {
      const next = (draft['status'] ?? {}) as Draft;
      const left = allowed - 1;
      next['disruptionsAllowed'] = left;
      if (left === 0) next['conditions'] = exhausted(budget, printTime(deps.now()));
      next['disruptedPods'] = { ...status?.disruptedPods, [pod]: printTime(deps.now()) };
      draft['status'] = next;
      return draft;
    },
    identity,
    options,
  );
};

const markDisrupted = (
  deps: RegistryDeps,
  target: Target,
  identity: Identity,
  options: WriteOptions,
): void => {
  update(
    deps,
    { ...target, subresource: 'status' },
    (draft) => {
      setPodCondition(draft, {
        type: 'DisruptionTarget',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: printTime(deps.now()),
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      });
      return draft;
    },
    identity,
    options,
  );
};

/**
 * Evicts the pod; throws 429 when a budget forbids it, 404 when it is gone. A precondition that does not hold is the
 * answer, not an exception: the budget was spent before the deletion was tried, and stays so.
 */
export const evictPod = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): StatusError | undefined => {
  const { kind, name = '' } = target;
  if ((metaOf(draft).name ?? '') !== name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const stored = deps.store.get(keyOfKind(kind, target.namespace, name));
  if (stored === undefined) throw notFound(refOf(kind), name);
  const requested = (draft['deleteOptions'] ?? {}) as DeleteOptions & { readonly dryRun?: unknown };
  const dryRun = options.dryRun === true || Array.isArray(requested.dryRun);
  const writing = { ...options, dryRun };
  const pod = stored.object;
  const problem = preconditionProblem(pod, requested);
  if (!ignoresBudget(pod)) {
    const budget = budgetOf(deps, pod);
    if (budget !== undefined && !freeOfCharge(budget, pod)) spend(deps, budget, name, identity, writing);
  }
  if (problem !== undefined) return conflict({ group: '', resource: 'Pod' }, name, problem);
  if (pod.metadata.deletionTimestamp === undefined && !dryRun) markDisrupted(deps, target, identity, writing);
  const { subresource: _subresource, ...main } = target;
  deleteOne(deps, main, identity, { ...requested, dryRun });
  return undefined;
};

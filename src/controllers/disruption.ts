import type { Lookup } from '../kinds/define.ts';
import type { Pod, PodDisruptionBudget } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { scaledOr } from '../machinery/int-or-percent.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import { controllerOf, type KubeObject, type OwnerReference } from '../machinery/object.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import { podMatters } from './common/changes.ts';
import { findCondition } from './common/conditions.ts';
import { matchSelector } from './common/labels.ts';
import { isReady } from './common/pods.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';

const RESOURCE = 'poddisruptionbudgets.policy';
const COMPONENT = 'controllermanager';
/** How long an evicted pod may take to begin to go. */
const EVICTION_MS = 120_000;
/** How long a pod may be marked as about to go without going. */
const STALE_MS = 120_000;

type Status = NonNullable<PodDisruptionBudget['status']>;

const plurals: Readonly<Record<string, string>> = {
  Job: 'jobs.batch',
  DaemonSet: 'daemonsets.apps',
  CronJob: 'cronjobs.batch',
  Node: 'nodes',
};

const readNumber = (object: KubeObject, path: string): number => {
  const fields = path.replace(/^\./, '').split('.');
  const value = fields.reduce<unknown>((from, field) => (from as Record<string, unknown>)?.[field], object);
  return Number(value ?? 0);
};

/** Size of a custom controller, read where its definition says; `undefined` for a kind that is not custom. */
const customScale = (lookup: Lookup, object: KubeObject) => {
  const group = parseGroupVersion(object.apiVersion)?.group ?? '';
  const definition = lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .find(({ spec }) => spec.group === group && spec.names.kind === object.kind);
  if (definition === undefined) return undefined;
  const scale = definition.spec.versions.find(({ storage }) => storage)?.subresources?.scale;
  return scale === undefined
    ? { error: `${definition.spec.names.plural}.${group} does not implement the scale subresource` }
    : { uid: object.metadata.uid ?? '', size: readNumber(object, scale.specReplicasPath) };
};

/** Size of the controller of a pod; text when it has none to tell. */
const scaleOf = (lookup: Lookup, namespace: string, owner: OwnerReference) => {
  const object = lookup.getByKind(owner.apiVersion, owner.kind, namespace, owner.name);
  if (object === undefined || object.metadata.uid !== owner.uid) return undefined;
  if (owner.kind === 'ReplicaSet') {
    const parent = controllerOf(object);
    const deployment =
      parent?.kind === 'Deployment' ? lookup.get('deployments.apps', namespace, parent.name) : undefined;
    if (deployment !== undefined)
      return { uid: deployment.metadata.uid ?? '', size: deployment.spec?.replicas ?? 1 };
  }
  const refused = plurals[owner.kind];
  if (refused !== undefined) return { error: `${refused} does not implement the scale subresource` };
  const { spec } = object as { readonly spec?: { readonly replicas?: number } };
  return customScale(lookup, object) ?? { uid: owner.uid, size: spec?.replicas ?? 1 };
};

interface Expectation {
  readonly expected: number;
  readonly desired: number;
  readonly unmanaged: readonly string[];
  readonly error?: string;
}

const expectedScale = (lookup: Lookup, pods: readonly Pod[]) => {
  const sizes = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) {
      unmanaged.push(pod.metadata.name ?? '');
      continue;
    }
    const scale = scaleOf(lookup, pod.metadata.namespace ?? '', owner);
    if (scale === undefined)
      return {
        total: 0,
        unmanaged,
        error: `found no controllers for pod ${JSON.stringify(pod.metadata.name ?? '')}`,
      };
    if ('error' in scale) return { total: 0, unmanaged, error: scale.error };
    sizes.set(scale.uid, scale.size);
  }
  return { total: [...sizes.values()].reduce((a, b) => a + b, 0), unmanaged };
};

/** How many pods there should be, and how many must stay healthy. */
const expectationOf = (lookup: Lookup, budget: PodDisruptionBudget, pods: readonly Pod[]): Expectation => {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable === 'number') {
    return { expected: pods.length, desired: minAvailable, unmanaged: [] };
  }
  if (maxUnavailable === undefined && minAvailable === undefined)
    return { expected: 0, desired: 0, unmanaged: [] };
  const { total, unmanaged, error } = expectedScale(lookup, pods);
  if (error !== undefined) return { expected: 0, desired: 0, unmanaged, error };
  const desired =
    maxUnavailable === undefined
      ? scaledOr(minAvailable, 0, total, 'up')
      : Math.max(0, total - scaledOr(maxUnavailable, 0, total, 'up'));
  return { expected: total, desired, unmanaged };
};

/** Evicted pods that have not begun to go yet; those that never did are told about. */
const disruptedPods = (context: Context, budget: PodDisruptionBudget, pods: readonly Pod[]) => {
  const known = budget.status?.disruptedPods ?? {};
  const kept: Record<string, string> = {};
  let recheck: Instant | undefined;
  for (const pod of pods) {
    const name = pod.metadata.name ?? '';
    const since = known[name];
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const limit = (parseTime(since) ?? 0) + EVICTION_MS;
    if (limit < context.now) {
      const message = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`;
      context.client.event(pod, { type: 'Warning', reason: 'NotDeleted', message, component: COMPONENT });
      continue;
    }
    kept[name] = since;
    recheck = Math.min(recheck ?? limit + 1, limit + 1);
  }
  return { kept, recheck };
};

/** How many pods that were evicted through the budget do not exist any more. */
const evictedAndGone = (budget: PodDisruptionBudget, pods: readonly Pod[]): number => {
  const names = new Set(pods.map((pod) => pod.metadata.name));
  return Object.keys(budget.status?.disruptedPods ?? {}).filter((name) => !names.has(name)).length;
};

/** True when the pods themselves are counted, not the sizes of their controllers. */
const isCounted = ({ spec }: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable === undefined && typeof spec?.minAvailable === 'number';

const withCondition = (
  context: Context,
  budget: PodDisruptionBudget,
  status: string,
  reason: string,
  message: string,
): NonNullable<Status['conditions']> => {
  const old = findCondition(budget.status?.conditions, 'DisruptionAllowed');
  const now = printTime(context.now);
  const fresh = {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: budget.metadata.generation ?? 0,
    lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? now) : now,
    reason,
    message,
  };
  const others = (budget.status?.conditions ?? []).filter(
    (condition) => condition.type !== 'DisruptionAllowed',
  );
  return [...others, fresh];
};

/** Equal apart from why nothing is allowed, which alone is not written. */
const isUpToDate = (budget: PodDisruptionBudget, status: Status): boolean => {
  const { conditions: _old, ...was } = budget.status ?? ({} as Status);
  const { conditions, ...is } = status;
  const allowed = (it: Status['conditions']) => findCondition(it, 'DisruptionAllowed')?.status;
  return deepEqual(was, is) && allowed(budget.status?.conditions) === allowed(conditions);
};

const write = (context: Context, budget: PodDisruptionBudget, status: Status): void => {
  const { namespace = '', name = '' } = budget.metadata;
  context.client.updateStatus(RESOURCE, namespace, name, (current) => ({ ...current, status }));
};

const printSelector = (budget: PodDisruptionBudget): string => {
  const { matchLabels = {}, matchExpressions = [] } = budget.spec?.selector ?? {};
  const labels = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = matchExpressions.map(
    (it) => `{${it.key} ${it.operator} [${(it.values ?? []).join(' ')}]}`,
  );
  const map = `map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}}`;
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{${expressions.join(',')}},}`;
};

const sync = (context: Context, budget: PodDisruptionBudget): Outcome => {
  const { lookup, client } = context;
  const note = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    client.event(budget, { type, reason, message, component: COMPONENT });
  const matches = matchSelector(budget.spec?.selector);
  const pods = lookup
    .list('pods', budget.metadata.namespace ?? '')
    .filter((pod) => matches(pod.metadata.labels));
  if (pods.length === 0) note('Normal', 'NoPods', 'No matching pods found');
  const { expected, desired, unmanaged, error } = expectationOf(lookup, budget, pods);
  if (error !== undefined) {
    note(
      'Warning',
      'CalculateExpectedPodCountFailed',
      `Failed to calculate the number of expected pods: ${error}`,
    );
    const conditions = withCondition(context, budget, 'False', 'SyncFailed', error);
    const failed = { ...budget.status, disruptionsAllowed: 0, conditions } as Status;
    if (!deepEqual(failed, budget.status)) write(context, budget, failed);
    return undefined;
  }
  if (unmanaged.length > 0) {
    note(
      'Warning',
      'UnmanagedPods',
      `Pods selected by this PodDisruptionBudget (selector: ${printSelector(budget)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    );
  }
  const { kept, recheck } = disruptedPods(context, budget, pods);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      kept[pod.metadata.name ?? ''] === undefined &&
      isReady(pod),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const conditions =
    allowed > 0
      ? withCondition(context, budget, 'True', 'SufficientPods', '')
      : withCondition(context, budget, 'False', 'InsufficientPods', '');
  const gone = evictedAndGone(budget, pods);
  const next = (disrupted: Readonly<Record<string, string>>, expectedPods: number): Status =>
    ({
      observedGeneration: budget.metadata.generation ?? 0,
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods,
      conditions,
    }) as Status;
  const counted = isCounted(budget) ? expected + gone : expected;
  // An eviction spends the budget before it deletes: the spending is seen first, then that the pod goes, then that it
  // is gone. Each of these writes wakes the budget for the next.
  const spent = next({ ...budget.status?.disruptedPods, ...kept }, counted);
  const steps = [spent, next(kept, counted), next(kept, expected)];
  const step = steps.find((status) => !isUpToDate(budget, status));
  if (step !== undefined) write(context, budget, step);
  return recheck === undefined ? undefined : { at: recheck };
};

/** A pod that was marked as about to go and did not: the mark is taken back. */
const clearStale = (context: Context, pod: Pod): Outcome => {
  const condition = findCondition(pod.status?.conditions, 'DisruptionTarget');
  if (condition?.status !== 'True' || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const at = (parseTime(condition.lastTransitionTime ?? '') ?? 0) + STALE_MS;
  if (at > context.now) return { at };
  const { namespace = '', name = '' } = pod.metadata;
  context.client.updateStatus('pods', namespace, name, (current) => ({
    ...current,
    status: {
      ...current.status,
      conditions: (current.status?.conditions ?? []).map((it) =>
        it.type === 'DisruptionTarget'
          ? { type: it.type, status: 'False', lastTransitionTime: printTime(context.now) }
          : it,
      ),
    },
  }));
  return undefined;
};

/** A pod of several budgets only moves the first of them. */
const noteSeveral = (context: Context, key: string): Outcome => {
  const [, pod = '', chosen = ''] = key.split('|');
  const { namespace, name } = splitKey(pod);
  const object = context.lookup.get('pods', namespace, name);
  if (object === undefined) return undefined;
  context.client.event(object, {
    type: 'Warning',
    reason: 'MultiplePodDisruptionBudgets',
    message: `Pod ${JSON.stringify(namespace)}/${JSON.stringify(name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(chosen)} arbitrarily.`,
    component: COMPONENT,
  });
  return undefined;
};

const podKeys = (change: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const { op, object, previous } = change;
  const keys: string[] = [];
  const marked = findCondition(object.status?.conditions, 'DisruptionTarget')?.status === 'True';
  if (op !== 'delete' && marked && object.metadata.deletionTimestamp === undefined)
    keys.push(`pod|${keyOf(object)}`);
  if (!podMatters(change)) return keys;
  const mine = lookup.list(RESOURCE, object.metadata.namespace ?? '').filter((budget) => {
    const matches = matchSelector(budget.spec?.selector);
    return matches(object.metadata.labels) || (previous !== undefined && matches(previous.metadata.labels));
  });
  const [first] = mine;
  if (first === undefined) return keys;
  keys.push(keyOf(first));
  if (mine.length > 1 && op !== 'delete') keys.push(`several|${keyOf(object)}|${first.metadata.name ?? ''}`);
  return keys;
};

/** Keeps the status of PodDisruptionBudgets (pkg/controller/disruption, release 1.36). */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: [
    watch(RESOURCE, ({ op, object }) => (op === 'delete' ? [] : [keyOf(object)])),
    watch('pods', podKeys),
  ],
  reconcile: (context, key) => {
    if (key.startsWith('several|')) return noteSeveral(context, key);
    const isPod = key.startsWith('pod|');
    const { namespace, name } = splitKey(isPod ? key.slice('pod|'.length) : key);
    if (isPod) {
      const pod = context.lookup.get('pods', namespace, name);
      return pod === undefined ? undefined : clearStale(context, pod);
    }
    const budget = context.lookup.get(RESOURCE, namespace, name);
    return budget === undefined ? undefined : sync(context, budget);
  },
};

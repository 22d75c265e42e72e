import type { Lookup } from '../kinds/define.ts';
import type { Namespace } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';
import { printTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import {
  type Context,
  type Controller,
  type Outcome,
  type WatchMapping,
  watch,
  watchEverything,
} from './contract.ts';

/** Objects deleted in one call. */
const BATCH = 100;
const FINALIZER = 'kubernetes';

type Condition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** What is left: `counts` by resource text, `finalizers` by finalizer, `failures` of deletes. */
interface Remains {
  readonly counts: ReadonlyMap<string, number>;
  readonly finalizers: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
}

const nothing: Remains = { counts: new Map(), finalizers: new Map(), failures: [] };

/** `configmaps.` or `deployments.apps`, as the condition's message writes group resources. */
const printKind = (lookup: Lookup, object: KubeObject): string => {
  const group = parseGroupVersion(object.apiVersion)?.group ?? '';
  const custom = group.includes('.') ? definitionOf(lookup, group, object.kind) : undefined;
  return `${custom?.spec.names.plural ?? pluralOf(object.kind)}.${group}`;
};

const definitionOf = (lookup: Lookup, group: string, kind: string) =>
  lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .find(({ spec }) => spec.group === group && spec.names.kind === kind);

const pluralOf = (kind: string): string => {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (/(s|x|ch|sh)$/.test(lower)) return `${lower}es`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
};

const list = (entries: ReadonlyMap<string, number>, print: (name: string, count: number) => string): string =>
  [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => print(name, count))
    .join(', ');

/** The five deletion conditions in upstream's order and words (pkg/controller/namespace/deletion/status_condition_utils.go). */
const conditionsOf = (remains: Remains, now: string): readonly Condition[] => {
  const { counts, finalizers, failures } = remains;
  const row = (type: string, ok: readonly [string, string], bad?: readonly [string, string]): Condition => ({
    type,
    status: bad === undefined ? 'False' : 'True',
    lastTransitionTime: now,
    reason: (bad ?? ok)[0],
    message: (bad ?? ok)[1],
  });
  const resources = list(counts, (name, count) => `${name} has ${count} resource instances`);
  const holds = list(finalizers, (name, count) => `${name} in ${count} resource instances`);
  return [
    row('NamespaceDeletionDiscoveryFailure', [
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ]),
    row('NamespaceDeletionGroupVersionParsingFailure', [
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    row(
      'NamespaceDeletionContentFailure',
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      failures.length === 0
        ? undefined
        : [
            'ContentDeletionFailed',
            `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
          ],
    ),
    row(
      'NamespaceContentRemaining',
      ['ContentRemoved', 'All content successfully removed'],
      counts.size === 0 ? undefined : ['SomeResourcesRemain', `Some resources are remaining: ${resources}`],
    ),
    row(
      'NamespaceFinalizersRemaining',
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      finalizers.size === 0
        ? undefined
        : ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${holds}`],
    ),
  ];
};

const note = (context: Context, namespace: Namespace, remains: Remains): void => {
  const fresh = conditionsOf(remains, printTime(context.now));
  const merged = fresh.map((condition) => {
    const old = findCondition(namespace.status?.conditions, condition.type);
    return old?.status === condition.status
      ? { ...condition, lastTransitionTime: old.lastTransitionTime ?? condition.lastTransitionTime }
      : condition;
  });
  if (deepEqual(merged, namespace.status?.conditions)) return;
  context.client.updateStatus('namespaces', '', namespace.metadata.name ?? '', (current) => ({
    ...current,
    status: { ...current.status, conditions: merged },
  }));
};

/** So many pods go one after the other, as upstream's; more of them go in batches. */
const FEW = 20;

const removePods = (context: Context, name: string): 'none' | 'more' | 'waiting' => {
  const pods = context.lookup.list('pods', name);
  if (pods.length === 0) return 'none';
  const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const size = context.latency === 'instant' || live.length > FEW ? BATCH : 1;
  for (const pod of live.slice(0, size))
    context.client.deleteObject(pod, { propagationPolicy: 'Background' });
  return live.length > size ? 'more' : context.lookup.list('pods', name).length === 0 ? 'none' : 'waiting';
};

const removeRest = (
  context: Context,
  name: string,
): { readonly more: boolean; readonly remains: Remains } => {
  const failures: string[] = [];
  let deleted = 0;
  const isLive = (object: KubeObject) => object.metadata.deletionTimestamp === undefined;
  const content = context.lookup.inNamespace(name, BATCH);
  for (const object of content.filter(isLive)) {
    if (deleted >= BATCH) return { more: true, remains: nothing };
    try {
      context.client.deleteObject(object, { propagationPolicy: 'Background' });
      deleted += 1;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      failures.push(error.message);
    }
  }
  const counts = new Map<string, number>();
  const finalizers = new Map<string, number>();
  const left = context.lookup.inNamespace(name, 10_000);
  if (deleted > 0 && left.some(isLive) && failures.length === 0) return { more: true, remains: nothing };
  for (const object of left) {
    const kind = printKind(context.lookup, object);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const finalizer of object.metadata.finalizers ?? []) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  return { more: false, remains: { counts, finalizers, failures } };
};

const finalize = (context: Context, name: string): void => {
  context.client.updateStatus(
    'namespaces',
    '',
    name,
    (current) => ({
      ...current,
      spec: {
        ...current.spec,
        finalizers: (current.spec?.finalizers ?? []).filter((it) => it !== FINALIZER),
      },
    }),
    'finalize',
  );
};

const WAITING = 'pods';

/** How long the other content stays after the last pod: upstream looks again after some seconds. */
const SETTLE_MS = 1_200;

/** When the other content may go, if not yet: the controllers of the pods that went have a moment to say so. */
const settle = (context: Context, name: string): number | undefined => {
  const seen = context.notes.get(name);
  if (seen === undefined || context.latency === 'instant') return undefined;
  const at = seen === WAITING ? context.now + SETTLE_MS : Number(seen);
  if (seen === WAITING) context.notes.set(name, String(at));
  return at > context.now ? at : undefined;
};

const reconcile = (context: Context, name: string): Outcome => {
  const namespace = context.lookup.get('namespaces', '', name);
  if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return undefined;
  if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return undefined;
  const pods = removePods(context, name);
  if (pods === 'more') return { at: context.now };
  if (pods === 'waiting') {
    note(context, namespace, nothing);
    context.notes.set(name, WAITING);
    return undefined;
  }
  const rest = settle(context, name);
  if (rest !== undefined) return { at: rest };
  const { more, remains } = removeRest(context, name);
  if (more) return { at: context.now };
  note(context, namespace, remains);
  if (remains.failures.length > 0) return { at: context.now, retry: true };
  if (remains.counts.size === 0) {
    finalize(context, name);
    context.notes.set(name, undefined);
  }
  return undefined;
};

/** Something came into a namespace that is being deleted, or went from it. */
const contentKeys: WatchMapping['keys'] = ({ op }, lookup, { namespace }) => {
  if (namespace === '' || op === 'update') return [];
  const home = lookup.get('namespaces', '', namespace);
  return home?.metadata.deletionTimestamp === undefined ? [] : [namespace];
};

/**
 * Empties and finalizes namespaces that are being deleted: pods first, then everything else
 * (pkg/controller/namespace, OrderedNamespaceDeletion, release 1.36). The key is the namespace's name.
 */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  watches: [
    watch('namespaces', ({ op, object }) =>
      op !== 'delete' && object.metadata.deletionTimestamp !== undefined ? [object.metadata.name ?? ''] : [],
    ),
    watchEverything(contentKeys),
    watch('events', contentKeys),
  ],
  reconcile,
};

/** The ReplicaSets of a Deployment: which is new, its revision and annotations, making it. */

import type { Deployment, PodTemplateSpec, ReplicaSet } from '../kinds/generated/types.ts';
import { deepEqual, templateHash } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';
import { printTime } from '../machinery/time.ts';
import { findCondition, setCondition } from './common/conditions.ts';
import { controllerRef } from './common/pods.ts';
import { byCreation, isRolling, maxSurge, wanted, wantedTotal } from './common/rollout.ts';
import type { DeploymentRun } from './deployment-run.ts';

const PREFIX = 'deployment.kubernetes.io/';

/** Annotation with the revision number of a ReplicaSet or Deployment. */
export const REVISION = `${PREFIX}revision`;
const HISTORY = `${PREFIX}revision-history`;
const DESIRED = `${PREFIX}desired-replicas`;
const MAXIMUM = `${PREFIX}max-replicas`;
/** Annotation that asks for a rollback (extensions/v1beta1's rollbackTo). */
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
/** Label with the hash of the pod template. */
export const HASH_LABEL = 'pod-template-hash';
const HISTORY_CHARACTERS = 2000;

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAXIMUM,
  ROLLBACK_TO,
]);

/** True for annotations that are not copied between a Deployment and its ReplicaSets. */
export const isSkippedAnnotation = (key: string): boolean => notCopied.has(key);

const intAnnotation = (set: ReplicaSet, key: string): number | undefined => {
  const text = set.metadata.annotations?.[key];
  return text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
};

/** Revision of a ReplicaSet; 0 when it has none. */
export const revisionOf = (set: ReplicaSet): number => intAnnotation(set, REVISION) ?? 0;

/** The size of the Deployment when it last scaled this ReplicaSet. */
export const desiredReplicasOf = (set: ReplicaSet): number | undefined => intAnnotation(set, DESIRED);

/** The largest number of pods the Deployment could have when it last scaled this ReplicaSet. */
export const maxReplicasOf = (set: ReplicaSet): number | undefined => intAnnotation(set, MAXIMUM);

/** The size annotations for a ReplicaSet of the Deployment. */
export const sizeAnnotations = (deployment: Deployment): Readonly<Record<string, string>> => ({
  [DESIRED]: String(wanted(deployment)),
  [MAXIMUM]: String(wanted(deployment) + maxSurge(deployment)),
});

const withoutHash = (template: PodTemplateSpec | undefined): PodTemplateSpec | undefined => {
  const labels = template?.metadata?.labels;
  if (template === undefined || labels?.[HASH_LABEL] === undefined) return template;
  const { [HASH_LABEL]: _, ...rest } = labels;
  return { ...template, metadata: { ...template.metadata, labels: rest } };
};

const emptyRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

const templateMetadata = (template: PodTemplateSpec | undefined): object => {
  const entries = Object.entries(template?.metadata ?? {});
  return Object.fromEntries(
    entries.filter(([, value]) => value !== null && value !== undefined && !emptyRecord(value)),
  );
};

/** True when the two templates make the same pods, apart from the hash label. */
export const sameTemplate = (a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean =>
  deepEqual(templateMetadata(withoutHash(a)), templateMetadata(withoutHash(b))) &&
  deepEqual(a?.spec, b?.spec);

/** The ReplicaSet whose template is the Deployment's; the oldest if there are several. */
export const findNewSet = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort(byCreation).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));

const nextHistory = (history: string | undefined, revision: string): string | undefined => {
  const entries = (history ?? '').split(',');
  if (entries[0] === '') return revision;
  let kept = entries;
  while (kept.length > 0 && [...kept, revision].join(',').length > HISTORY_CHARACTERS) kept = kept.slice(1);
  const joined = [...kept, revision].join(',');
  return joined.length <= HISTORY_CHARACTERS ? joined : history;
};

/** The annotations the new ReplicaSet should have: the Deployment's, its revision, its history. */
export const newSetAnnotations = (
  deployment: Deployment,
  current: Readonly<Record<string, string>> | undefined,
  revision: string,
): Readonly<Record<string, string>> => {
  const result: Record<string, string> = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!isSkippedAnnotation(key)) result[key] = value;
  }
  const old = current?.[REVISION];
  const oldNumber = old !== undefined && /^[0-9]+$/.test(old) ? Number(old) : 0;
  if (oldNumber < Number(revision)) {
    result[REVISION] = revision;
    if (old !== undefined) {
      const history = nextHistory(result[HISTORY], old);
      if (history !== undefined) result[HISTORY] = history;
    }
  }
  return result;
};

/** How large the new ReplicaSet may be now (upstream's NewRSNewReplicas). */
export const newSetSize = (deployment: Deployment, sets: readonly ReplicaSet[], current: number): number => {
  const goal = wanted(deployment);
  if (!isRolling(deployment)) return goal;
  const room = goal + maxSurge(deployment) - wantedTotal(sets);
  return room <= 0 ? current : current + Math.min(room, goal - current);
};

const progressing = (run: DeploymentRun, status: string, reason: string, message: string) => ({
  type: 'Progressing',
  status,
  lastUpdateTime: printTime(run.context.now),
  lastTransitionTime: printTime(run.context.now),
  reason,
  message,
});

/** Whether the Deployment watches its progress. */
export const hasDeadline = (deployment: Deployment): boolean =>
  deployment.spec?.progressDeadlineSeconds !== undefined &&
  deployment.spec.progressDeadlineSeconds !== 2147483647;

const noteProgress = (run: DeploymentRun, status: string, reason: string, message: string): void => {
  run.setConditions(
    setCondition(run.deployment.status?.conditions, progressing(run, status, reason, message)),
  );
};

const syncExisting = (run: DeploymentRun, set: ReplicaSet, revision: string): ReplicaSet => {
  const { deployment, context } = run;
  const annotations = newSetAnnotations(deployment, set.metadata.annotations, revision);
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const readyDiffers = (set.spec?.minReadySeconds ?? 0) !== minReadySeconds;
  if (readyDiffers || !deepEqual(annotations, set.metadata.annotations)) {
    const { namespace = '', name = '' } = set.metadata;
    const updated = context.client.update('replicasets.apps', namespace, name, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations },
      spec: { ...current.spec, minReadySeconds } as typeof current.spec,
    }));
    return updated ?? set;
  }
  let write = run.setRevision(set.metadata.annotations?.[REVISION] ?? revision);
  if (hasDeadline(deployment) && findCondition(deployment.status?.conditions, 'Progressing') === undefined) {
    noteProgress(run, 'True', 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name ?? ''}"`);
    write = true;
  }
  if (write) run.writeStatus();
  return set;
};

const NAME_LENGTH = 253;

const makeSet = (deployment: Deployment, revision: string, oldSets: readonly ReplicaSet[]): ReplicaSet => {
  const template = deployment.spec?.template;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${(deployment.metadata.name ?? '').slice(0, NAME_LENGTH - hash.length - 1)}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { ...newSetAnnotations(deployment, undefined, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      replicas: newSetSize(deployment, oldSets, 0),
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  } as unknown as ReplicaSet;
};

/** The stored ReplicaSet of that name when it is ours after all; else counts a collision and backs off. */
const resolveCollision = (run: DeploymentRun, made: ReplicaSet): ReplicaSet | undefined => {
  const { deployment, context } = run;
  const { namespace = '', name = '' } = made.metadata;
  const existing = context.lookup.get('replicasets.apps', namespace, name);
  if (existing === undefined) return undefined;
  if (
    controllerOf(existing)?.uid === deployment.metadata.uid &&
    sameTemplate(existing.spec?.template, deployment.spec?.template)
  ) {
    return existing;
  }
  run.setStatusField({ collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
  run.writeStatus();
  run.retry();
  return undefined;
};

const createNew = (
  run: DeploymentRun,
  revision: string,
  oldSets: readonly ReplicaSet[],
): ReplicaSet | undefined => {
  const { deployment, context } = run;
  const wantedSet = makeSet(deployment, revision, oldSets);
  let set: ReplicaSet | undefined;
  let existed = false;
  try {
    set = context.client.create('replicasets.apps', wantedSet);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.status.reason === 'AlreadyExists') {
      existed = true;
      set = resolveCollision(run, wantedSet);
      if (set === undefined) return undefined;
    } else {
      const terminating = (error.status.details?.causes ?? []).some(
        (it) => it.reason === 'NamespaceTerminating',
      );
      run.retry();
      if (terminating) return undefined;
      const message = `Failed to create new replica set "${wantedSet.metadata.name ?? ''}": ${error.message}`;
      if (hasDeadline(deployment)) {
        noteProgress(run, 'False', 'ReplicaSetCreateError', message);
        run.writeStatus();
      }
      context.client.event(deployment, { type: 'Warning', reason: 'ReplicaSetCreateError', message });
      return undefined;
    }
  }
  const name = set.metadata.name ?? '';
  const size = wanted(set);
  if (!existed && size > 0) {
    context.client.event(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled up replica set ${name} from 0 to ${size}`,
    });
  }
  let write = run.setRevision(revision);
  if (!existed && hasDeadline(deployment)) {
    noteProgress(run, 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    write = true;
  }
  if (write) run.writeStatus();
  return set;
};

/** The Deployment's ReplicaSets, told apart. */
export interface Revisions {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
  readonly all: readonly ReplicaSet[];
}

/**
 * Tells new from old, brings the new one's revision and annotations up to date, and makes it if asked to
 * (upstream's getAllReplicaSetsAndSyncRevision). With `run.stopped` afterwards nothing more may be done.
 */
export const syncRevisions = (
  run: DeploymentRun,
  sets: readonly ReplicaSet[],
  create: boolean,
): Revisions => {
  const found = findNewSet(run.deployment, sets);
  const oldSets = sets.filter((set) => set.metadata.uid !== found?.metadata.uid);
  const revision = String(oldSets.reduce((max, set) => Math.max(max, revisionOf(set)), 0) + 1);
  const newSet =
    found !== undefined
      ? syncExisting(run, found, revision)
      : create
        ? createNew(run, revision, oldSets)
        : undefined;
  return { newSet, oldSets, all: newSet === undefined ? oldSets : [...oldSets, newSet] };
};

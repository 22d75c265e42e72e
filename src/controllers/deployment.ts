import type { Lookup } from '../kinds/define.ts';
import type { Deployment, Pod, ReplicaSet } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { adopted, refersTo, released, sortClaims } from './common/adopt.ts';
import { labelsChanged, ownReferenceKeys } from './common/changes.ts';
import { findCondition, setCondition } from './common/conditions.ts';
import { matchSelector, selectsEverything } from './common/labels.ts';
import { isFinished } from './common/pods.ts';
import { isRolling, statusTotal } from './common/rollout.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import {
  findNewSet,
  hasDeadline,
  type Revisions,
  ROLLBACK_TO,
  syncRevisions,
} from './deployment-revisions.ts';
import { rollBack } from './deployment-rollback.ts';
import { DeploymentRun } from './deployment-run.ts';
import {
  cleanUp,
  emptyOld,
  growNew,
  isScalingEvent,
  scaleDeployment,
  shrinkOld,
} from './deployment-scale.ts';
import { isComplete, writeRolloutStatus, writeStatusOnly } from './deployment-status.ts';

const RESOURCE = 'replicasets.apps';

const claimSets = (context: Context, deployment: Deployment): readonly ReplicaSet[] => {
  const { lookup, client } = context;
  const uid = deployment.metadata.uid ?? '';
  const namespace = deployment.metadata.namespace ?? '';
  const candidates = [
    ...lookup.byIndex(RESOURCE, 'replicasets/controller', uid),
    ...lookup.byIndex(RESOURCE, 'replicasets/controller', `orphan/${namespace}`),
  ];
  const { claimed, adopt, release } = sortClaims(
    deployment,
    matchSelector(deployment.spec?.selector),
    candidates,
  );
  for (const set of release)
    client.update(RESOURCE, namespace, set.metadata.name ?? '', (it) => released(it, uid));
  const fresh = adopt.flatMap((set) => {
    const done = client.update(RESOURCE, namespace, set.metadata.name ?? '', (it) => adopted(it, deployment));
    return done === undefined ? [] : [done];
  });
  return [...claimed, ...fresh];
};

const notePause = (run: DeploymentRun): void => {
  const { deployment } = run;
  if (!hasDeadline(deployment)) return;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return;
  const paused = deployment.spec?.paused === true;
  const noted = current?.reason === 'DeploymentPaused';
  if (paused === noted) return;
  const condition = {
    type: 'Progressing',
    status: 'Unknown',
    lastUpdateTime: run.stamp(),
    lastTransitionTime: run.stamp(),
    reason: paused ? 'DeploymentPaused' : 'DeploymentResumed',
    message: paused ? 'Deployment is paused' : 'Deployment is resumed',
  };
  run.setConditions(setCondition(deployment.status?.conditions, condition) as never);
  run.writeStatus();
};

const podsOf = (lookup: Lookup, sets: readonly ReplicaSet[]): readonly Pod[] =>
  sets.flatMap((set) => lookup.byIndex('pods', 'pods/controller', set.metadata.uid ?? ''));

const oldPodsRun = (run: DeploymentRun, { oldSets }: Revisions): boolean =>
  statusTotal(oldSets, 'replicas') > 0 || podsOf(run.context.lookup, oldSets).some((pod) => !isFinished(pod));

const roll = (run: DeploymentRun, sets: readonly ReplicaSet[]): void => {
  const revisions = syncRevisions(run, sets, true);
  if (run.stopped) return;
  const moved = growNew(run, revisions) || shrinkOld(run, revisions);
  if (!moved && isComplete(run.deployment, run.deployment.status)) cleanUp(run, revisions.oldSets);
  writeRolloutStatus(run, revisions);
};

const recreate = (run: DeploymentRun, sets: readonly ReplicaSet[]): void => {
  let revisions = syncRevisions(run, sets, false);
  if (emptyOld(run, revisions.oldSets) || oldPodsRun(run, revisions)) {
    writeRolloutStatus(run, revisions);
    return;
  }
  if (revisions.newSet === undefined) {
    revisions = syncRevisions(run, sets, true);
    if (run.stopped) return;
  }
  growNew(run, revisions);
  if (isComplete(run.deployment, run.deployment.status)) cleanUp(run, revisions.oldSets);
  writeRolloutStatus(run, revisions);
};

/** Scales without rolling: a changed size, or a paused Deployment. */
const resize = (run: DeploymentRun, revisions: Revisions): void => {
  scaleDeployment(run, revisions);
  const isRollingBack = run.deployment.metadata.annotations?.[ROLLBACK_TO] !== undefined;
  if (run.deployment.spec?.paused === true && !isRollingBack) cleanUp(run, revisions.oldSets);
  writeStatusOnly(run, revisions);
};

const refuseEverything = (run: DeploymentRun): void => {
  const { deployment, context } = run;
  context.client.event(deployment, {
    type: 'Warning',
    reason: 'SelectingAll',
    message: 'This deployment is selecting all pods. A non-empty selector is required.',
  });
  const generation = deployment.metadata.generation ?? 0;
  if ((deployment.status?.observedGeneration ?? 0) < generation) {
    run.setStatusField({ observedGeneration: generation });
    run.writeStatus();
  }
};

const sync = (run: DeploymentRun): void => {
  const { deployment, context } = run;
  if (selectsEverything(deployment.spec?.selector)) {
    refuseEverything(run);
    return;
  }
  const sets = claimSets(context, deployment);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    writeStatusOnly(run, syncRevisions(run, sets, false));
    return;
  }
  notePause(run);
  if (deployment.spec?.paused === true) {
    resize(run, syncRevisions(run, sets, false));
    return;
  }
  if (deployment.metadata.annotations?.[ROLLBACK_TO] !== undefined) {
    const { all } = syncRevisions(run, sets, true);
    if (!run.stopped) rollBack(run, all);
    return;
  }
  const found = findNewSet(deployment, sets);
  const oldSets = sets.filter((set) => set !== found);
  if (isScalingEvent(run, { newSet: found, oldSets, all: sets })) {
    resize(run, syncRevisions(run, sets, false));
    return;
  }
  if (isRolling(deployment)) roll(run, sets);
  else recreate(run, sets);
};

const replicaSetKeys = (change: ObjectChange<ReplicaSet>, lookup: Lookup): readonly string[] => {
  const { object, previous, op } = change;
  const namespace = object.metadata.namespace ?? '';
  const keys = new Set<string>();
  for (const owner of [controllerOf(object), previous && controllerOf(previous)]) {
    if (owner !== undefined && refersTo(owner, 'apps', 'Deployment')) keys.add(`${namespace}/${owner.name}`);
  }
  const orphan = op !== 'delete' && controllerOf(object) === undefined;
  if (orphan && (labelsChanged(change) || (previous !== undefined && controllerOf(previous) !== undefined))) {
    for (const deployment of lookup.list('deployments.apps', namespace)) {
      if (matchSelector(deployment.spec?.selector)(object.metadata.labels)) keys.add(keyOf(deployment));
    }
  }
  return [...keys];
};

/** The last pod of a recreating Deployment's old ReplicaSets went: the new one may start. */
const podKeys = ({ op, object }: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  if (op !== 'delete') return [];
  const owner = controllerOf(object);
  if (owner === undefined || !refersTo(owner, 'apps', 'ReplicaSet')) return [];
  const namespace = object.metadata.namespace ?? '';
  const set = lookup.get(RESOURCE, namespace, owner.name);
  const parent = set === undefined ? undefined : controllerOf(set);
  if (parent === undefined || !refersTo(parent, 'apps', 'Deployment')) return [];
  const deployment = lookup.get('deployments.apps', namespace, parent.name);
  if (deployment === undefined || isRolling(deployment)) return [];
  return [keyOf(deployment)];
};

/** Rolls Deployments out over ReplicaSets (pkg/controller/deployment, release 1.36). */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  watches: [
    watch('deployments.apps', (change) => ownReferenceKeys(change)),
    watch(RESOURCE, (change, lookup) =>
      change.op === 'update' && deepEqual(change.object, change.previous)
        ? []
        : replicaSetKeys(change, lookup),
    ),
    watch('pods', podKeys),
  ],
  reconcile: (context, key): Outcome => {
    const { namespace, name } = splitKey(key);
    const deployment = context.lookup.get('deployments.apps', namespace, name);
    if (deployment === undefined) return undefined;
    const run = new DeploymentRun(context, deployment);
    sync(run);
    return run.outcome();
  },
};

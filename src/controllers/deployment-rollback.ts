import type { ReplicaSet } from '../kinds/generated/types.ts';
import {
  findNewSet,
  HASH_LABEL,
  isSkippedAnnotation,
  ROLLBACK_TO,
  revisionOf,
  sameTemplate,
} from './deployment-revisions.ts';
import type { DeploymentRun } from './deployment-run.ts';

const note = (run: DeploymentRun, type: 'Normal' | 'Warning', reason: string, message: string): void =>
  run.context.client.event(run.deployment, { type, reason, message });

/** The revision before the newest; 0 when there is none. */
const lastRevision = (sets: readonly ReplicaSet[]): number => {
  const revisions = sets.map(revisionOf).sort((a, b) => b - a);
  return revisions[1] ?? 0;
};

const clearRequest = (run: DeploymentRun, from?: ReplicaSet): void => {
  const { namespace = '', name = '' } = run.deployment.metadata;
  run.context.client.update('deployments.apps', namespace, name, (current) => {
    const { [ROLLBACK_TO]: _, ...annotations } = current.metadata.annotations ?? {};
    if (from === undefined) return { ...current, metadata: { ...current.metadata, annotations } };
    const kept = Object.entries(annotations).filter(([key]) => isSkippedAnnotation(key));
    const taken = Object.entries(from.metadata.annotations ?? {}).filter(
      ([key]) => !isSkippedAnnotation(key),
    );
    const { [HASH_LABEL]: _hash, ...labels } = from.spec?.template?.metadata?.labels ?? {};
    const template = { ...from.spec?.template, metadata: { ...from.spec?.template?.metadata, labels } };
    return {
      ...current,
      metadata: { ...current.metadata, annotations: Object.fromEntries([...kept, ...taken]) },
      spec: { ...current.spec, template } as typeof current.spec,
    };
  });
};

/** Serves the deprecated rollback annotation: revision 0 means the one before (deployment/rollback.go). */
export const rollBack = (run: DeploymentRun, sets: readonly ReplicaSet[]): void => {
  const { deployment } = run;
  const asked = Number(deployment.metadata.annotations?.[ROLLBACK_TO] ?? '0') || 0;
  const revision = asked === 0 ? lastRevision(sets) : asked;
  const target = revision === 0 ? undefined : sets.find((set) => revisionOf(set) === revision);
  if (target === undefined) {
    const message =
      revision === 0 ? 'Unable to find last revision.' : 'Unable to find the revision to rollback to.';
    note(run, 'Warning', 'DeploymentRollbackRevisionNotFound', message);
    clearRequest(run);
    return;
  }
  if (sameTemplate(findNewSet(deployment, [target])?.spec?.template, deployment.spec?.template)) {
    const message = `The rollback revision contains the same template as current deployment "${deployment.metadata.name ?? ''}"`;
    note(run, 'Warning', 'DeploymentRollbackTemplateUnchanged', message);
    clearRequest(run);
    return;
  }
  clearRequest(run, target);
  const message = `Rolled back deployment "${deployment.metadata.name ?? ''}" to revision ${revision}`;
  note(run, 'Normal', 'DeploymentRollback', message);
};

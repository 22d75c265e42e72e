/** Deletes of one object and of collections (apiserver endpoints/handlers/delete.go and the generic store). */

import type { Identity } from '../auth/identity.ts';
import type { Kind } from '../kinds/define.ts';
import { deepEqual } from '../machinery/deep.ts';
import { asRecord, type Draft, type KubeObject, type ObjectMeta } from '../machinery/object.ts';
import { type OutsideCall, OutsideNeeded } from '../machinery/outside.ts';
import { conflict, notFound } from '../machinery/status.ts';
import { printTime } from '../machinery/time.ts';
import type { Stored } from '../store/reader.ts';
import type { Deleted, DeleteOptions, ListQuery, Target } from './contract.ts';
import { answersObject, planDeletion } from './deletion-plan.ts';
import { keyOfKind, type RegistryDeps, refOf } from './dependencies.ts';
import { list } from './list.ts';
import { storing } from './write-steps.ts';

const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Why the preconditions of a deletion do not hold of the object; nothing when they do. */
export const preconditionProblem = (object: KubeObject, options: DeleteOptions): string | undefined => {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const current = object.metadata;
  if (uid !== undefined && uid !== current.uid) {
    return `the UID in the precondition (${uid}) does not match the UID in record (${current.uid ?? ''}). The object might have been deleted and then recreated`;
  }
  if (resourceVersion !== undefined && resourceVersion !== current.resourceVersion) {
    return `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.resourceVersion ?? ''}). The object might have been modified`;
  }
  return undefined;
};

/** Kinds whose first delete is a mark: their own code looks at preconditions, and words it its own way. */
const isMarked = ({ custom, kind }: Kind): boolean =>
  custom !== true && (kind === 'Namespace' || kind === 'CustomResourceDefinition');

const markedProblem = ({ metadata }: KubeObject, { preconditions }: DeleteOptions): string | undefined => {
  const { uid, resourceVersion } = preconditions ?? {};
  const differs = (what: string, wanted: string, found = ''): string =>
    `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    return differs('ResourceVersion', resourceVersion, metadata.resourceVersion);
  return uid !== undefined && uid !== metadata.uid ? differs('UID', uid, metadata.uid) : undefined;
};

const checkPreconditions = (kind: Kind, object: KubeObject, options: DeleteOptions): void => {
  const name = object.metadata.name ?? '';
  if (isMarked(kind)) {
    const problem = markedProblem(object, options);
    if (problem !== undefined) throw conflict(refOf(kind), name, problem);
    return;
  }
  const problem = preconditionProblem(object, options);
  // Upstream names the kind where a resource belongs.
  if (problem !== undefined) throw conflict({ group: kind.group, resource: kind.kind }, name, problem);
};

interface Scene {
  readonly deps: RegistryDeps;
  readonly kind: Kind;
  readonly stored: Stored;
  readonly options: DeleteOptions;
}

const kept = (scene: Scene, object: KubeObject): Deleted => {
  const { deps, stored, options } = scene;
  if (options.dryRun === true || deepEqual(object, stored.object)) {
    return { object, gone: false, answersObject: true };
  }
  const written = storing(() => deps.store.put(stored.key, object, deps.now(), stored.revision));
  return { object: written.object, gone: false, answersObject: true, stored: written };
};

const withMetadata = (object: KubeObject, metadata: ObjectMeta): KubeObject => ({ ...object, metadata });

/** The first delete of a namespace only marks it; emptying it is the namespace controller's work. */
const deleteNamespace = (scene: Scene): Deleted | undefined => {
  const { deps, stored } = scene;
  const { object } = stored;
  const spec = (asRecord(object)['spec'] ?? {}) as { readonly finalizers?: readonly string[] };
  if (object.metadata.deletionTimestamp !== undefined) {
    return (spec.finalizers ?? []).length > 0 ? kept(scene, object) : undefined;
  }
  const status = (asRecord(object)['status'] ?? {}) as Draft;
  const metadata = { ...object.metadata, deletionTimestamp: printTime(deps.now()) };
  const next = { ...withMetadata(object, metadata), status: { ...status, phase: 'Terminating' } };
  return kept(scene, next);
};

const terminating = (deps: RegistryDeps, conditions: readonly Draft[]): readonly Draft[] => [
  ...conditions.filter((condition) => condition['type'] !== 'Terminating'),
  {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: printTime(deps.now()),
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  },
];

/** The first delete of a definition marks it and holds it until its instances are gone. */
const deleteDefinition = (scene: Scene): Deleted | undefined => {
  const { deps, stored } = scene;
  const { object } = stored;
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  const finalizers = object.metadata.finalizers ?? [];
  const status = (asRecord(object)['status'] ?? {}) as { readonly conditions?: readonly Draft[] };
  const metadata = {
    ...object.metadata,
    deletionTimestamp: printTime(deps.now()),
    finalizers: finalizers.includes(CRD_FINALIZER) ? finalizers : [...finalizers, CRD_FINALIZER],
  };
  const next = {
    ...withMetadata(object, metadata),
    status: { ...status, conditions: terminating(deps, status.conditions ?? []) },
  };
  return kept(scene, next);
};

const special = (scene: Scene): Deleted | undefined => {
  const { group, kind, custom } = scene.kind;
  if (custom === true) return undefined;
  if (group === '' && kind === 'Namespace') return deleteNamespace(scene);
  if (group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition') return deleteDefinition(scene);
  return undefined;
};

const deleteGeneric = (scene: Scene): Deleted => {
  const { deps, kind, stored, options } = scene;
  const step = planDeletion(kind, stored.object, options, deps.now());
  if (step.act === 'pending') {
    return { object: stored.object, gone: false, answersObject: answersObject(kind), stored };
  }
  if (step.act === 'mark') return kept(scene, withMetadata(stored.object, step.metadata));
  if (options.dryRun === true) {
    return { object: stored.object, gone: true, answersObject: answersObject(kind), stored };
  }
  const before =
    step.first === undefined
      ? stored
      : storing(() =>
          deps.store.put(
            stored.key,
            withMetadata(stored.object, step.first ?? {}),
            deps.now(),
            stored.revision,
          ),
        );
  const removed = deps.store.remove(stored.key, undefined, deps.now(), before.revision);
  return { object: removed.object, gone: true, answersObject: answersObject(kind), stored: removed };
};

const deleteStored = (
  deps: RegistryDeps,
  { kind, version }: Target,
  stored: Stored,
  identity: Identity,
  options: DeleteOptions,
): Deleted => {
  checkPreconditions(kind, stored.object, options);
  const request = {
    operation: 'DELETE' as const,
    kind,
    version,
    namespace: stored.object.metadata.namespace ?? '',
    name: stored.object.metadata.name ?? '',
    old: stored.object,
    identity,
    dryRun: options.dryRun === true,
    ...(options.stated === undefined ? {} : { options: options.stated }),
  };
  const warnings = [...deps.admit(request, 'mutate'), ...deps.admit(request, 'validate')];
  const scene: Scene = { deps, kind, stored, options };
  const deleted = special(scene) ?? deleteGeneric(scene);
  return warnings.length === 0 ? deleted : { ...deleted, warnings };
};

/** Deletes one object; throws NotFound, Conflict, or what admission refuses with. */
export const deleteOne = (
  deps: RegistryDeps,
  target: Target,
  identity: Identity,
  options: DeleteOptions,
): Deleted => {
  const { kind, name = '' } = target;
  const stored = deps.store.get(keyOfKind(kind, target.namespace, name));
  if (stored === undefined) throw notFound(refOf(kind), name);
  return deleteStored(deps, target, stored, identity, options);
};

/** Deletes what a list selects, in key order; answers with the objects as they were. */
export const deleteMany = (
  deps: RegistryDeps,
  target: Target,
  query: ListQuery,
  identity: Identity,
  options: DeleteOptions,
): readonly Stored[] => {
  const { items } = list(deps.store, target, query);
  const needed: OutsideCall[] = [];
  for (const item of items) {
    try {
      deleteStored(deps, target, item, identity, options);
    } catch (error) {
      // All that webhooks are to be asked is asked at once; the whole is undone until then.
      if (!(error instanceof OutsideNeeded)) throw error;
      needed.push(...error.calls);
    }
  }
  if (needed.length > 0) throw new OutsideNeeded(needed);
  return items;
};

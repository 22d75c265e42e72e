/** ControllerRevisions: the history of StatefulSets and DaemonSets (pkg/controller/history, release 1.36). */

import type {
  ControllerRevision,
  DaemonSet,
  PodTemplateSpec,
  StatefulSet,
} from '../../kinds/generated/types.ts';
import { deepEqual, fnv32, safeEncode, stableJson } from '../../machinery/deep.ts';
import { controllerOf } from '../../machinery/object.ts';
import { hasReason } from '../../machinery/status.ts';
import type { Context } from '../contract.ts';
import { adopted, released, sortClaims } from './adopt.ts';
import { matchSelector } from './labels.ts';
import { controllerRef } from './pods.ts';

export const REVISIONS = 'controllerrevisions.apps';
/** Label of a ControllerRevision with its hash. */
export const HASH_LABEL = 'controller.kubernetes.io/hash';
/** Label of pods with the revision they were made from. */
export const POD_REVISION_LABEL = 'controller-revision-hash';

const BY_CONTROLLER = 'controllerrevisions/controller';

type Historied = StatefulSet | DaemonSet;

/** The recorded part of an owner: a patch that puts its pod template back. */
export const revisionData = (template: PodTemplateSpec | undefined): Readonly<Record<string, unknown>> => ({
  spec: { template: { $patch: 'replace', ...template } },
});

/** Hash of a revision's data as upstream computes it: FNV-1 of the sorted JSON, then the collision count. */
export const revisionHash = (data: unknown, collisions: number): string =>
  safeEncode(String(fnv32(`${stableJson(data)}${collisions}`)));

/** Revisions of nobody that the owner's selector takes. */
export const orphanRevisions = ({ lookup }: Context, owner: Historied): readonly ControllerRevision[] => {
  const selects = matchSelector(owner.spec?.selector);
  return lookup
    .byIndex(REVISIONS, BY_CONTROLLER, `orphan/${owner.metadata.namespace ?? ''}`)
    .filter(({ metadata }) => selects(metadata.labels));
};

/** Claims the owner's revisions and returns them in order of revision, then age, then name. */
export const listRevisions = (
  { lookup, client }: Context,
  owner: Historied,
): readonly ControllerRevision[] => {
  const namespace = owner.metadata.namespace ?? '';
  const uid = owner.metadata.uid ?? '';
  const candidates = [
    ...lookup.byIndex(REVISIONS, BY_CONTROLLER, uid),
    ...lookup.byIndex(REVISIONS, BY_CONTROLLER, `orphan/${namespace}`),
  ];
  const { claimed, adopt, release } = sortClaims(owner, matchSelector(owner.spec?.selector), candidates);
  for (const revision of release) {
    client.update(REVISIONS, namespace, revision.metadata.name ?? '', (it) => released(it, uid));
  }
  const fresh = adopt.flatMap((revision) => {
    const done = client.update(REVISIONS, namespace, revision.metadata.name ?? '', (it) =>
      adopted(it, owner),
    );
    return done === undefined ? [] : [done];
  });
  return [...claimed, ...fresh].sort(
    (a, b) =>
      a.revision - b.revision ||
      ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 0) ||
      ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  );
};

const make = (owner: Historied, data: unknown, revision: number, collisions: number): ControllerRevision => {
  const hash = revisionHash(data, collisions);
  const annotations = owner.metadata.annotations;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${(owner.metadata.name ?? '').slice(0, 223)}-${hash}`,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...owner.spec?.template?.metadata?.labels, [HASH_LABEL]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerRef(owner)],
    },
    data,
    revision,
  } as unknown as ControllerRevision;
};

/** What came of making a revision: it, and the collision count used for its name. */
export interface MadeRevision {
  readonly revision: ControllerRevision;
  readonly collisions: number;
}

/** Creates the revision; a name taken by other data raises the collision count until one is free. */
export const createRevision = (
  context: Context,
  owner: Historied,
  number: number,
  collisionCount: number,
): MadeRevision => {
  const data = revisionData(owner.spec?.template);
  for (let collisions = collisionCount; ; collisions += 1) {
    const wanted = make(owner, data, number, collisions);
    try {
      return { revision: context.client.create(REVISIONS, wanted), collisions };
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const existing = context.lookup.get(
        REVISIONS,
        owner.metadata.namespace ?? '',
        wanted.metadata.name ?? '',
      );
      const ours = existing !== undefined && controllerOf(existing)?.uid === owner.metadata.uid;
      if (existing !== undefined && ours && deepEqual(existing.data, data))
        return { revision: existing, collisions };
    }
  }
};

/**
 * The revision of the owner's present template: the newest if it is equal, an older equal one moved to the
 * end (a rollback), or a new one.
 */
export const syncRevision = (
  context: Context,
  owner: Historied,
  revisions: readonly ControllerRevision[],
  collisionCount: number,
): MadeRevision => {
  const data = revisionData(owner.spec?.template);
  const newest = revisions.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const equal = revisions.filter((revision) => deepEqual(revision.data, data)).at(-1);
  if (equal === undefined) return createRevision(context, owner, next, collisionCount);
  if (equal === newest) return { revision: equal, collisions: collisionCount };
  const { namespace = '', name = '' } = equal.metadata;
  const moved = context.client.update(REVISIONS, namespace, name, (it) => ({ ...it, revision: next }));
  return { revision: moved ?? equal, collisions: collisionCount };
};

/** Deletes the oldest revisions nobody uses, beyond the limit. */
export const truncateHistory = (
  context: Context,
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
  limit: number,
): void => {
  const history = revisions.filter((revision) => !live.has(revision.metadata.name ?? ''));
  for (const revision of history.slice(0, Math.max(0, history.length - limit))) {
    context.client.delete(REVISIONS, revision.metadata.namespace ?? '', revision.metadata.name ?? '');
  }
};

/** The pod template recorded in a revision. */
export const templateOfRevision = (revision: ControllerRevision): PodTemplateSpec | undefined => {
  const data = revision.data as {
    readonly spec?: { readonly template?: PodTemplateSpec & { $patch?: string } };
  };
  if (data?.spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = data.spec.template;
  return template;
};

/**
 * What a delete does to an object, as pure functions (apiserver registry/rest/delete.go and
 * registry/generic/registry/store.go): grace periods, propagation finalizers, deletion timestamps.
 */

import type { Kind } from '../kinds/define.ts';
import type { KubeObject, ObjectMeta } from '../machinery/object.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import type { DeleteOptions } from './contract.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** Kinds that take no part in garbage collection by owner. */
const WITHOUT_COLLECTION = new Set(['Event']);

/** Kinds whose delete answers with the object instead of a Status. */
const ANSWERS_OBJECT = new Set([
  'Pod',
  'Service',
  'ServiceAccount',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodTemplate',
  'ResourceQuota',
  'StorageClass',
  'VolumeAttachment',
  'CSINode',
  'CSIDriver',
  'VolumeAttributesClass',
]);

/** Whether a delete that took the object at once still answers with it. */
export const answersObject = (kind: Kind): boolean => kind.custom !== true && ANSWERS_OBJECT.has(kind.kind);

export type DeletionStep =
  /** Nothing to write: a deletion is under way already. */
  | { readonly act: 'pending' }
  /** Take the object out of the store. `first` is written before, when watchers must see it. */
  | { readonly act: 'remove'; readonly first?: ObjectMeta }
  /** Write this metadata; the object stays. */
  | { readonly act: 'mark'; readonly metadata: ObjectMeta };

interface Graceful {
  readonly graceful: boolean;
  readonly pending: boolean;
  readonly metadata: ObjectMeta;
  readonly seconds: number;
}

const bumped = (metadata: ObjectMeta): Pick<ObjectMeta, 'generation'> =>
  (metadata.generation ?? 0) > 0 ? { generation: (metadata.generation ?? 0) + 1 } : {};

const shortened = (metadata: ObjectMeta, requested: number | undefined): Graceful => {
  const current = metadata.deletionGracePeriodSeconds ?? 0;
  const nothing = { metadata, seconds: current };
  if (current === 0) return { ...nothing, graceful: false, pending: false };
  if (requested === undefined || requested >= current) return { ...nothing, graceful: false, pending: true };
  const due = parseTime(metadata.deletionTimestamp ?? '') ?? 0;
  return {
    graceful: true,
    pending: false,
    seconds: requested,
    metadata: {
      ...metadata,
      deletionTimestamp: printTime(due - current * 1000 + requested * 1000),
      deletionGracePeriodSeconds: requested,
    },
  };
};

const beforeDelete = (kind: Kind, object: KubeObject, options: DeleteOptions, now: Instant): Graceful => {
  const { metadata } = object;
  const asked = options.gracePeriodSeconds;
  const requested = asked !== undefined && asked < 0 ? 1 : asked;
  if (kind.deletionGraceSeconds === undefined) {
    return { graceful: false, pending: false, metadata, seconds: 0 };
  }
  if (metadata.deletionTimestamp !== undefined) return shortened(metadata, requested);
  const seconds = kind.deletionGraceSeconds(object, requested);
  return {
    graceful: true,
    pending: false,
    seconds,
    metadata: {
      ...metadata,
      ...bumped(metadata),
      deletionTimestamp: printTime(now + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
    },
  };
};

const wantsOrphan = (kind: Kind, metadata: ObjectMeta, options: DeleteOptions): boolean => {
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  const set = (metadata.finalizers ?? []).find((name) => name === ORPHAN || name === FOREGROUND);
  if (set !== undefined) return set === ORPHAN;
  return kind.defaultPropagation === 'Orphan';
};

const wantsForeground = (metadata: ObjectMeta, options: DeleteOptions): boolean => {
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return (metadata.finalizers ?? []).find((name) => name === ORPHAN || name === FOREGROUND) === FOREGROUND;
};

const withFinalizers = (metadata: ObjectMeta, finalizers: readonly string[]): ObjectMeta => {
  const { finalizers: _before, ...rest } = metadata;
  return finalizers.length === 0 ? rest : { ...rest, finalizers };
};

/** The finalizers a delete leaves on the object: others' as they are, ours as the policy wants. */
const propagationFinalizers = (
  kind: Kind,
  metadata: ObjectMeta,
  options: DeleteOptions,
): readonly string[] => {
  const before = metadata.finalizers ?? [];
  if (WITHOUT_COLLECTION.has(kind.kind)) return before;
  const kept = before.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const wanted = [
    ...kept,
    ...(wantsOrphan(kind, metadata, options) ? [ORPHAN] : []),
    ...(wantsForeground(metadata, options) ? [FOREGROUND] : []),
  ];
  const same = wanted.length === before.length && wanted.every((name) => before.includes(name));
  return same ? before : wanted;
};

const marked = (metadata: ObjectMeta, now: Instant): ObjectMeta => {
  const due = metadata.deletionTimestamp === undefined ? undefined : parseTime(metadata.deletionTimestamp);
  return {
    ...metadata,
    ...(metadata.deletionGracePeriodSeconds === undefined ? bumped(metadata) : {}),
    deletionTimestamp:
      due === undefined || due > now ? printTime(now) : (metadata.deletionTimestamp ?? printTime(now)),
    deletionGracePeriodSeconds: 0,
  };
};

/** The step a delete with these options takes on this object at this instant. */
export const planDeletion = (
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
  now: Instant,
): DeletionStep => {
  const outcome = beforeDelete(kind, object, options, now);
  if (outcome.pending) return { act: 'pending' };
  const before = object.metadata.finalizers ?? [];
  const finalizers = propagationFinalizers(kind, object.metadata, options);
  if (!outcome.graceful && before.length === 0 && finalizers.length === 0) return { act: 'remove' };
  const metadata = finalizers === before ? outcome.metadata : withFinalizers(outcome.metadata, finalizers);
  if (!outcome.graceful) {
    return finalizers.length > 0 ? { act: 'mark', metadata: marked(metadata, now) } : { act: 'remove' };
  }
  if (finalizers.length > 0 || outcome.seconds > 0) return { act: 'mark', metadata };
  return { act: 'remove', first: metadata };
};

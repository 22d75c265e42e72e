/** Which changes matter: the cheap filters of mapping functions. */

import type { Pod } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { keyOf, type ObjectChange } from '../contract.ts';
import { findCondition } from './conditions.ts';

/**
 * Keys of a controller's own objects: created or deleted ones, and updates of the spec (generation), labels,
 * annotations, owners, finalizers or the deletion. A change of status alone, usually the controller's own
 * write, maps to nothing.
 */
export const ownReferenceKeys = (change: ObjectChange): readonly string[] =>
  metadataOrSpecChanged(change) ? [keyOf(change.object)] : [];

/** True for creates, deletes and updates of anything but the status. */
export const metadataOrSpecChanged = ({ op, object, previous }: ObjectChange): boolean => {
  if (op !== 'update' || previous === undefined) return true;
  const now = object.metadata;
  const then = previous.metadata;
  return (
    now.uid !== then.uid ||
    now.generation !== then.generation ||
    now.deletionTimestamp !== then.deletionTimestamp ||
    !deepEqual(now.labels, then.labels) ||
    !deepEqual(now.annotations, then.annotations) ||
    !deepEqual(now.ownerReferences, then.ownerReferences) ||
    !deepEqual(now.finalizers, then.finalizers)
  );
};

/** True when the labels differ between two states; creates and deletes count as different. */
export const labelsChanged = ({ op, object, previous }: ObjectChange): boolean =>
  op !== 'update' || previous === undefined || !deepEqual(object.metadata.labels, previous.metadata.labels);

const readyOf = (pod: Pod) => findCondition(pod.status?.conditions, 'Ready');

/**
 * True when a change of a pod can matter to whoever keeps replicas: existence, labels, owners, deletion,
 * phase, readiness (and since when). Scheduling, addresses and container details do not.
 */
export const podMatters = ({ op, object, previous }: ObjectChange<Pod>): boolean => {
  if (op !== 'update' || previous === undefined) return true;
  const ready = readyOf(object);
  const was = readyOf(previous);
  return (
    object.metadata.uid !== previous.metadata.uid ||
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    object.status?.phase !== previous.status?.phase ||
    ready?.status !== was?.status ||
    ready?.lastTransitionTime !== was?.lastTransitionTime ||
    (object.metadata.labels !== previous.metadata.labels &&
      !deepEqual(object.metadata.labels, previous.metadata.labels)) ||
    !deepEqual(object.metadata.ownerReferences, previous.metadata.ownerReferences)
  );
};

/** Namespace of an object, '' for cluster scope. */
export const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? '';

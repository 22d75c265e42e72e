/** Index values that several kinds declare. */

import { controllerOf, type KubeObject } from '../../machinery/object.ts';

/**
 * Under which controller an object is found: the uid of its controller reference, or `orphan/<namespace>` when
 * it has none, which is where controllers look for objects to adopt.
 */
export const controllerValues = (object: KubeObject): readonly string[] => [
  controllerOf(object)?.uid ?? `orphan/${object.metadata.namespace ?? ''}`,
];

import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject } from '../machinery/object.ts';

/** True when an object's labels are not what they were before. */
export const labelsDiffer = (object: KubeObject, previous: KubeObject | undefined): boolean =>
  !deepEqual(object.metadata.labels ?? {}, previous?.metadata.labels ?? {});

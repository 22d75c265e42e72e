import type { OrderedController } from './contract.ts';
import { deploymentController } from './deployment.ts';
import { replicaSetController, replicationController } from './replicaset.ts';

/**
 * The controllers in their order of work, with the delay before an event reaches each (ms). The position is
 * part of every history: append unless there is a reason.
 */
export const controllerOrder: readonly OrderedController[] = [
  { controller: replicaSetController, latencyMs: 4 },
  { controller: replicationController, latencyMs: 4 },
  { controller: deploymentController, latencyMs: 6 },
];

import type { OrderedController } from '../controllers/contract.ts';
import { controllerOrder } from '../controllers/order.ts';
import { makeKubelet } from '../kubelet/kubelet.ts';
import { makeScheduler } from '../scheduler/scheduler.ts';

/**
 * Everything that acts by itself in a cluster, in order of work: the controller manager's controllers, then the
 * scheduler, then the kubelets. Made once a cluster, because the scheduler keeps a snapshot.
 */
export const makeActors = (): readonly OrderedController[] => [
  ...controllerOrder,
  { controller: makeScheduler(), latencyMs: 1 },
  { controller: makeKubelet(), latencyMs: 5 },
];

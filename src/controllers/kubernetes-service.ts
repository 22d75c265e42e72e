import { kubernetesService } from '../kinds/core/kubernetes-service.ts';
import { type Controller, watch } from './contract.ts';

/** Upstream's API server looks every 10 s. */
export const KUBERNETES_SERVICE_LATENCY_MS = 10_000;

const NAME = 'kubernetes';
const NAMESPACE = 'default';

/**
 * Puts the Service `kubernetes` back when somebody deletes it, as `kubectl delete all --all` does
 * (pkg/controlplane/controller/kubernetesservice, 1.36). What it leads to stays away: the platform's own address is a
 * host name or on loopback, which Endpoints may not hold when they are written again.
 */
export const kubernetesServiceController: Controller = {
  name: 'kubernetes-service-controller',
  watches: [
    watch('services', ({ op, object: { metadata } }) =>
      op === 'delete' && metadata.name === NAME && metadata.namespace === NAMESPACE ? [NAME] : [],
    ),
  ],
  reconcile: ({ lookup, client, advertise }) => {
    if (lookup.get('services', NAMESPACE, NAME) !== undefined) return undefined;
    client.create('services', kubernetesService(advertise).service);
    return undefined;
  },
};

import { apiServiceController } from './api-service.ts';
import { autoscalerController } from './autoscaler.ts';
import { clusterRoleAggregation } from './cluster-role-aggregation.ts';
import type { OrderedController, Work } from './contract.ts';
import { cronJobController } from './cronjob.ts';
import { csrApproving } from './csr-approving.ts';
import { csrCleaner } from './csr-cleaner.ts';
import { csrSigning } from './csr-signing.ts';
import { customDefinitionController } from './custom-definitions.ts';
import { customServiceController } from './custom-services.ts';
import { daemonSetController } from './daemonset.ts';
import { deploymentController } from './deployment.ts';
import { disruptionController } from './disruption.ts';
import { endpointsController } from './endpoints.ts';
import { endpointSliceController } from './endpointslice.ts';
import { endpointSliceMirroring } from './endpointslice-mirroring.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';
import { eventTtlController } from './event-ttl.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job.ts';
import { KUBERNETES_SERVICE_LATENCY_MS, kubernetesServiceController } from './kubernetes-service.ts';
import { legacyTokenCleaner } from './legacy-token-cleaner.ts';
import { namespaceController } from './namespace.ts';
import { EVICTION_LATENCY_MS, nodeEvictionController } from './node-eviction.ts';
import { nodeIpamController } from './node-ipam.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { nodeTtlController } from './node-ttl.ts';
import { POD_GC_LATENCY_MS, podGarbageCollector } from './pod-gc.ts';
import { policyStatusController } from './policy-status.ts';
import { replicaSetController, replicationController } from './replicaset.ts';
import { resourceClaimController } from './resource-claim.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { rootCaController } from './root-ca.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceAccountTokens } from './service-account-tokens.ts';
import { serviceAddresses, serviceCidrs } from './service-addresses.ts';
import { statefulSetController } from './statefulset.ts';
import { taintEvictionController } from './taint-eviction.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { volumeBinder } from './volume-binder.ts';
import { claimProtection, volumeProtection } from './volume-protection.ts';
import { volumeProvisioner } from './volume-provisioner.ts';

/** About what requests take on a small control plane. */
const oneByOne: Work = { reactMs: 2, writeMs: 4 };
const batches: Work = { ...oneByOne, pods: 'in batches' };
const together: Work = { ...oneByOne, writeMs: 7, pods: 'together' };

/**
 * The controllers in their order of work, with the delay before an event reaches each (ms). The position is
 * part of every history: append unless there is a reason.
 */
export const controllerOrder: readonly OrderedController[] = [
  { controller: replicaSetController, latencyMs: 3, work: together },
  { controller: replicationController, latencyMs: 3, work: together },
  { controller: deploymentController, latencyMs: 4, work: oneByOne },
  { controller: statefulSetController, latencyMs: 4, work: oneByOne },
  { controller: daemonSetController, latencyMs: 4, work: batches },
  { controller: jobController, latencyMs: 4, work: { ...batches, writeMs: 6 } },
  { controller: cronJobController, latencyMs: 3, work: oneByOne },
  { controller: ttlAfterFinishedController, latencyMs: 5 },
  { controller: autoscalerController, latencyMs: 10 },
  { controller: disruptionController, latencyMs: 4, work: oneByOne },
  { controller: endpointSliceMirroring, latencyMs: 4 },
  { controller: rootCaController, latencyMs: 2 },
  { controller: serviceAccountController, latencyMs: 3 },
  { controller: clusterRoleAggregation, latencyMs: 3 },
  { controller: endpointSliceController, latencyMs: 3 },
  { controller: endpointsController, latencyMs: 4 },
  { controller: namespaceController, latencyMs: 5, work: oneByOne },
  { controller: garbageCollector, latencyMs: 5 },
  { controller: nodeIpamController, latencyMs: 1 },
  { controller: nodeTtlController, latencyMs: 2 },
  { controller: nodeLifecycleController, latencyMs: 3 },
  { controller: nodeEvictionController, latencyMs: EVICTION_LATENCY_MS },
  { controller: taintEvictionController, latencyMs: 4 },
  { controller: podGarbageCollector, latencyMs: POD_GC_LATENCY_MS },
  { controller: resourceQuotaController, latencyMs: 3 },
  { controller: customDefinitionController, latencyMs: 0 },
  { controller: customServiceController, latencyMs: 0 },
  { controller: volumeBinder, latencyMs: 3, work: oneByOne },
  { controller: claimProtection, latencyMs: 4 },
  { controller: volumeProtection, latencyMs: 4 },
  { controller: ephemeralVolumeController, latencyMs: 3 },
  { controller: serviceAddresses, latencyMs: 0 },
  { controller: serviceCidrs, latencyMs: 2 },
  { controller: eventTtlController, latencyMs: 0 },
  { controller: policyStatusController, latencyMs: 3 },
  { controller: csrCleaner, latencyMs: 3 },
  { controller: csrApproving, latencyMs: 3 },
  { controller: csrSigning, latencyMs: 8 },
  { controller: serviceAccountTokens, latencyMs: 4 },
  { controller: legacyTokenCleaner, latencyMs: 3 },
  { controller: volumeProvisioner, latencyMs: 5 },
  { controller: apiServiceController, latencyMs: 3 },
  { controller: resourceClaimController, latencyMs: 3, work: oneByOne },
  { controller: kubernetesServiceController, latencyMs: KUBERNETES_SERVICE_LATENCY_MS },
];

/**
 * What a cluster can be given beside Kubernetes itself, as plain values. No more than the one object that turns each
 * thing on: all else of a fresh cluster is the same with addons and without.
 */

import type { KubeObject } from '../machinery/object.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { ClusterSettings } from './contract.ts';

/** The APIService is what turns the metrics API on (see `registry/custom.ts`). */
const metricsServer = (at: string): readonly KubeObject[] => [
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io', labels: { 'k8s-app': 'metrics-server' } },
    spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: at,
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  } as KubeObject,
];

const defaultStorageClass = (): readonly KubeObject[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'disk.csi.kubicle.dev',
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    volumeBindingMode: 'WaitForFirstConsumer',
  } as KubeObject,
];

/** The objects of the cluster's addons, in the order in which they are installed. */
export const addonObjects = ({ addons = [] }: ClusterSettings, now: Instant): readonly KubeObject[] => [
  ...(addons.includes('metrics-server') ? metricsServer(printTime(now)) : []),
  ...(addons.includes('default-storageclass') ? defaultStorageClass() : []),
];

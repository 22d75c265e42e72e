/** What a cluster can be given beside Kubernetes itself, as a cluster's installer would: objects as plain values. */

import type { KubeObject } from '../machinery/object.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { ClusterSettings } from './contract.ts';

const VIEWERS = ['admin', 'edit', 'view'];

/**
 * The APIService is what turns the metrics API on (see `registry/custom.ts`); the role is the one of metrics-server's
 * manifest, so that whoever may view a namespace may also ask for its usage.
 */
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
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: {
        'k8s-app': 'metrics-server',
        ...Object.fromEntries(
          VIEWERS.map((name) => [`rbac.authorization.k8s.io/aggregate-to-${name}`, 'true']),
        ),
      },
    },
    rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'] }],
  } as KubeObject,
];

const DRIVER = 'disk.csi.kubicle.dev';

const defaultStorageClass = (): readonly KubeObject[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: DRIVER },
    spec: {
      attachRequired: false,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    },
  } as KubeObject,
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: DRIVER,
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

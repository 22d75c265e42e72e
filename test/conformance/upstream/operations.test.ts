import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import signingRequests from '../../golden/signing-requests.json' with { type: 'json' };
import { Harness } from '../../support/harness.ts';
import { listed, make, type Operated, operate, pathOf } from './operations.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
};
const NOW = '2026-01-01T00:00:00Z';
const condition = (type: string, reason = 'E2E') => ({
  type,
  status: 'True',
  reason,
  message: 'set by the test',
  lastTransitionTime: NOW,
});

const KINDS = {
  flowSchema: {
    group: 'flowcontrol.apiserver.k8s.io',
    resource: 'flowschemas',
    clusterScoped: true,
    body: { spec: { priorityLevelConfiguration: { name: 'global-default' }, matchingPrecedence: 10000 } },
    status: { conditions: [condition('Dangling')] },
  },
  priorityLevel: {
    group: 'flowcontrol.apiserver.k8s.io',
    resource: 'prioritylevelconfigurations',
    clusterScoped: true,
    body: {
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
    },
    status: { conditions: [condition('Dangling')] },
  },
  policy: {
    group: 'admissionregistration.k8s.io',
    resource: 'validatingadmissionpolicies',
    clusterScoped: true,
    body: {
      spec: {
        validations: [{ expression: 'true' }],
        failurePolicy: 'Ignore',
        matchConstraints: {
          resourceRules: [
            { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
          ],
        },
      },
    },
    status: { conditions: [condition('StatusUpdated')] },
  },
  binding: {
    group: 'admissionregistration.k8s.io',
    resource: 'validatingadmissionpolicybindings',
    clusterScoped: true,
    body: { spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] } },
  },
  cronJob: {
    group: 'batch',
    resource: 'cronjobs',
    body: {
      spec: {
        schedule: '0 0 31 2 *',
        concurrencyPolicy: 'Allow',
        jobTemplate: { spec: { template: { spec: { ...TEMPLATE.spec, restartPolicy: 'OnFailure' } } } },
      },
    },
    status: { lastScheduleTime: NOW },
  },
  podTemplate: { resource: 'podtemplates', body: { template: TEMPLATE } },
  runtimeClass: {
    group: 'node.k8s.io',
    resource: 'runtimeclasses',
    clusterScoped: true,
    body: { handler: 'x' },
  },
  endpointSlice: {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    body: { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4'] }] },
  },
  ingress: {
    group: 'networking.k8s.io',
    resource: 'ingresses',
    body: { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
    status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } },
  },
  ingressClass: {
    group: 'networking.k8s.io',
    resource: 'ingressclasses',
    clusterScoped: true,
    body: { spec: { controller: 'example.com/controller' } },
  },
  csiDriver: { group: 'storage.k8s.io', resource: 'csidrivers', clusterScoped: true, body: { spec: {} } },
  csiNode: {
    group: 'storage.k8s.io',
    resource: 'csinodes',
    clusterScoped: true,
    body: { spec: { drivers: [{ name: 'd', nodeID: 'n' }] } },
  },
  capacity: {
    group: 'storage.k8s.io',
    resource: 'csistoragecapacities',
    body: { storageClassName: 'c', capacity: '1Gi' },
  },
  storageClass: {
    group: 'storage.k8s.io',
    resource: 'storageclasses',
    clusterScoped: true,
    body: { provisioner: 'p' },
  },
  attachment: {
    group: 'storage.k8s.io',
    resource: 'volumeattachments',
    clusterScoped: true,
    body: { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    status: { attached: true },
  },
  lease: { group: 'coordination.k8s.io', resource: 'leases', body: { spec: { holderIdentity: 'me' } } },
  serviceAccount: { resource: 'serviceaccounts', body: {} },
  configMap: { resource: 'configmaps', body: { data: { a: '1' } } },
  secret: { resource: 'secrets', body: { data: { a: 'MQ==' } } },
  service: {
    resource: 'services',
    body: { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
  },
  endpoints: {
    resource: 'endpoints',
    body: { subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80 }] }] },
  },
  event: {
    resource: 'events',
    body: {
      involvedObject: { namespace: 'default', kind: 'Pod', name: 'p' },
      reason: 'Test',
      message: 'm',
      type: 'Normal',
    },
  },
  newEvent: {
    group: 'events.k8s.io',
    resource: 'events',
    body: {
      eventTime: '2026-01-01T00:00:00.000000Z',
      action: 'a',
      reason: 'r',
      type: 'Normal',
      reportingController: 'c',
      reportingInstance: 'i',
      regarding: { namespace: 'default', kind: 'Pod', name: 'p' },
    },
  },
  limitRange: { resource: 'limitranges', body: { spec: { limits: [] } } },
  quota: {
    resource: 'resourcequotas',
    body: { spec: { hard: { pods: '5' } } },
    status: { hard: { pods: '6' }, used: { pods: '0' } },
  },
  budget: {
    group: 'policy',
    resource: 'poddisruptionbudgets',
    body: { spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
  },
  volume: {
    resource: 'persistentvolumes',
    clusterScoped: true,
    body: {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    },
    status: { phase: 'Failed', reason: 'E2E', message: 'set by the test' },
  },
  claim: {
    resource: 'persistentvolumeclaims',
    body: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none',
        resources: { requests: { storage: '1Gi' } },
      },
    },
    status: { phase: 'Pending', conditions: [condition('StatusPatched')] },
  },
} as const satisfies Readonly<Record<string, Operated>>;

const fresh = (): Harness => new Harness({ settings: { nodes: [] }, actors: [] });

/** With controllers, for kinds whose deletion they complete. */
const staffed = (): Harness => new Harness({ settings: { nodes: [] } });
const STAFFED: ReadonlySet<Operated> = new Set([KINDS.claim, KINDS.volume]);

const OPERATIONS: readonly (readonly [string, Operated])[] = [
  [
    '[sig-api-machinery] API priority and fairness should support FlowSchema API operations',
    KINDS.flowSchema,
  ],
  [
    '[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations',
    KINDS.priorityLevel,
  ],
  [
    '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations',
    KINDS.policy,
  ],
  [
    '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations',
    KINDS.binding,
  ],
  ['[sig-apps] CronJob should support CronJob API operations', KINDS.cronJob],
  ['[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount', KINDS.serviceAccount],
  ['[sig-node] ConfigMap should run through a ConfigMap lifecycle', KINDS.configMap],
  ['[sig-node] Lease lease API should be available', KINDS.lease],
  ['[sig-node] PodTemplates should run the lifecycle of PodTemplates', KINDS.podTemplate],
  ['[sig-node] RuntimeClass should support RuntimeClasses API operations', KINDS.runtimeClass],
  ['[sig-node] Secrets should patch a secret', KINDS.secret],
  ['[sig-instrumentation] Events should manage the lifecycle of an event', KINDS.event],
  [
    '[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed',
    KINDS.newEvent,
  ],
  ['[sig-network] EndpointSlice should support creating EndpointSlice API operations', KINDS.endpointSlice],
  ['[sig-network] Ingress API should support creating Ingress API operations', KINDS.ingress],
  ['[sig-network] IngressClass API should support creating IngressClass API operations', KINDS.ingressClass],
  ['[sig-network] Services should complete a service status lifecycle', KINDS.service],
  ['[sig-network] Services should test the lifecycle of an Endpoint', KINDS.endpoints],
  ['[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection', KINDS.limitRange],
  ['[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver', KINDS.csiDriver],
  ['[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode', KINDS.csiNode],
  ['[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations', KINDS.capacity],
  [
    '[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass',
    KINDS.storageClass,
  ],
  [
    '[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status',
    KINDS.attachment,
  ],
  [
    '[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment',
    KINDS.attachment,
  ],
  [
    '[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC',
    KINDS.claim,
  ],
  ['[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status', KINDS.volume],
  ['[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status', KINDS.quota],
  ['[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota', KINDS.quota],
];

describe('all operations of a kind', () => {
  test.each(OPERATIONS)('%s', (_name, operated) => {
    operate(STAFFED.has(operated) ? staffed() : fresh(), operated);
  });
});

const COLLECTIONS: readonly (readonly [string, Operated])[] = [
  ['[sig-node] PodTemplates should delete a collection of pod templates', KINDS.podTemplate],
  ['[sig-instrumentation] Events should delete a collection of events', KINDS.event],
  ['[sig-instrumentation] Events API should delete a collection of events', KINDS.newEvent],
  ['[sig-network] Services should delete a collection of services', KINDS.service],
  [
    '[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets',
    KINDS.budget,
  ],
];

describe('collections', () => {
  test.each(COLLECTIONS)('%s', (_name, operated) => {
    const harness = fresh();
    const url = pathOf(operated);
    for (const name of ['a', 'b', 'c']) {
      harness.expect(201, 'POST', url, { body: make(operated, name, { kept: String(name === 'c') }) });
    }
    const all = url.replace('/namespaces/default', '');
    expect(listed(harness, `${all}?labelSelector=kept`)).toEqual(['a', 'b', 'c']);
    harness.expect(200, 'DELETE', `${url}?labelSelector=kept%3Dfalse`);
    expect(listed(harness, `${all}?labelSelector=kept`)).toEqual(['c']);
  });
});

describe('parts of a kind', () => {
  test('[sig-node] PodTemplates should replace a pod template', () => {
    const harness = fresh();
    const url = pathOf(KINDS.podTemplate);
    const made = harness.expect(201, 'POST', url, { body: make(KINDS.podTemplate, 't') }) as KubeObject;
    const metadata = { ...made.metadata, annotations: { updated: 'true' } };
    const replaced = harness.expect(200, 'PUT', `${url}/t`, { body: { ...made, metadata } }) as KubeObject;
    expect(replaced.metadata.annotations).toEqual({ updated: 'true' });
  });

  test('[sig-auth] ServiceAccounts should update a ServiceAccount', () => {
    const harness = fresh();
    const url = pathOf(KINDS.serviceAccount);
    const made = harness.expect(201, 'POST', url, { body: make(KINDS.serviceAccount, 's') }) as KubeObject;
    harness.expect(200, 'PUT', `${url}/s`, { body: { ...made, automountServiceAccountToken: false } });
    expect(harness.get(`${url}/s`)).toMatchObject({ automountServiceAccountToken: false });
  });

  test('[sig-network] Services should find a service from listing all namespaces', () => {
    expect(listed(fresh(), '/api/v1/services')).toContain('kubernetes');
  });

  test('[sig-network] Services should provide secure master service', () => {
    expect(fresh().get('/api/v1/namespaces/default/services/kubernetes')).toMatchObject({
      spec: { ports: [{ name: 'https', port: 443 }] },
    });
  });

  test('[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations', () => {
    const harness = fresh();
    const requests: Operated = {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      clusterScoped: true,
      body: {
        spec: {
          request: btoa(signingRequests.p256),
          signerName: 'example.com/e2e',
          usages: ['digital signature'],
        },
      },
      status: { conditions: [{ ...condition('Failed'), lastUpdateTime: NOW }] },
    };
    operate(harness, requests);
    const url = pathOf(requests);
    const made = harness.expect(201, 'POST', url, { body: make(requests, 'c') }) as KubeObject;
    const approval = { ...condition('Approved'), lastUpdateTime: NOW };
    const approved = harness.expect(200, 'PUT', `${url}/c/approval`, {
      body: { ...made, status: { conditions: [approval] } },
    });
    expect(approved).toMatchObject({ status: { conditions: [{ type: 'Approved', status: 'True' }] } });
    const before = approved as KubeObject & { readonly status: object };
    harness.expect(200, 'PUT', `${url}/c/status`, { body: before });
  });

  test('[sig-node] Node Lifecycle should run through the lifecycle of a node', () => {
    const harness = fresh();
    const node: Operated = {
      resource: 'nodes',
      clusterScoped: true,
      body: {},
      status: { phase: 'Running' },
    };
    operate(harness, node);
  });

  test('[sig-scheduling] SchedulerPreemption [Serial] PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods', () => {
    const harness = fresh();
    const url = '/apis/scheduling.k8s.io/v1/priorityclasses';
    for (const [name, value] of [
      ['p1', 1],
      ['p2', 2],
    ] as const) {
      harness.expect(201, 'POST', url, { body: { metadata: { name }, value } });
    }
    const made = harness.get<KubeObject>(`${url}/p1`);
    expect(harness.expect(422, 'PUT', `${url}/p1`, { body: { ...made, value: 10 } })).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'value' }] },
    });
    harness.expect(200, 'PATCH', `${url}/p2`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { description: 'described' },
    });
    expect(harness.get(`${url}/p2`)).toMatchObject({ value: 2, description: 'described' });
  });
});

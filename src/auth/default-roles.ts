/**
 * The default roles of a fresh cluster as data (Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
 *
 * A rule reads `verbs | groups | resources [| resourceNames]`, or `verbs | url | paths`. Lists are separated by
 * commas; `core` is the empty group, a trailing `.~` in a group stands for `.k8s.io`, and `read`, `write`, `read+write` and `record` are
 * the verb sets named in `default-policy.ts`. Roles that aggregate others list no rules: they are computed.
 */

export interface DefaultRole {
  readonly name: string;
  /** Absent for cluster roles. */
  readonly namespace?: string;
  /** Carries the label `rbac.authorization.k8s.io/aggregate-to-<this>`. */
  readonly aggregateTo?: string;
  /** Its rules are those of every role with the label of this name. */
  readonly aggregates?: string;
  readonly rules: readonly string[];
}

/** Default cluster roles in name order. */
export const defaultClusterRoles: readonly DefaultRole[] = [
  { name: 'admin', aggregates: 'admin', rules: [] },
  { name: 'cluster-admin', rules: ['* | * | *', '* | url | *'] },
  { name: 'edit', aggregateTo: 'admin', aggregates: 'edit', rules: [] },
  {
    name: 'system:aggregate-to-admin',
    aggregateTo: 'admin',
    rules: [
      'create | authorization.~ | localsubjectaccessreviews',
      'read+write | rbac.authorization.~ | rolebindings,roles',
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    aggregateTo: 'edit',
    rules: [
      'read | core | pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy',
      'impersonate | core | serviceaccounts',
      'write | core | pods,pods/attach,pods/exec,pods/portforward,pods/proxy',
      'create | core | pods/eviction',
      'write | core | configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
      'create | core | serviceaccounts/token',
      'write | core,events.~ | events',
      'write | apps | daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale',
      'write | autoscaling | horizontalpodautoscalers',
      'write | batch | cronjobs,jobs',
      'write | extensions | daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale',
      'write | policy | poddisruptionbudgets',
      'write | networking.~ | ingresses,networkpolicies',
      'read+write | coordination.~ | leases',
      'write | resource.~ | resourceclaims,resourceclaimtemplates',
    ],
  },
  {
    name: 'system:aggregate-to-view',
    aggregateTo: 'view',
    rules: [
      'read | core | configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status',
      'read | core | bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status',
      'read | core | namespaces',
      'read | core,events.~ | events',
      'read | discovery.~ | endpointslices',
      'read | apps | controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status',
      'read | autoscaling | horizontalpodautoscalers,horizontalpodautoscalers/status',
      'read | batch | cronjobs,cronjobs/status,jobs,jobs/status',
      'read | extensions | daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale',
      'read | policy | poddisruptionbudgets,poddisruptionbudgets/status',
      'read | networking.~ | ingresses,ingresses/status,networkpolicies',
      'read | resource.~ | resourceclaims,resourceclaims/status,resourceclaimtemplates',
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: ['create | authentication.~ | tokenreviews', 'create | authorization.~ | subjectaccessreviews'],
  },
  {
    name: 'system:basic-user',
    rules: [
      'create | authorization.~ | selfsubjectaccessreviews,selfsubjectrulesreviews',
      'create | authentication.~ | selfsubjectreviews',
    ],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: ['create | certificates.~ | certificatesigningrequests/nodeclient'],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: ['create | certificates.~ | certificatesigningrequests/selfnodeclient'],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-approver',
    rules: ['approve | certificates.~ | signers | kubernetes.io/kube-apiserver-client'],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
    rules: ['approve | certificates.~ | signers | kubernetes.io/kube-apiserver-client-kubelet'],
  },
  {
    name: 'system:certificates.k8s.io:kubelet-serving-approver',
    rules: ['approve | certificates.~ | signers | kubernetes.io/kubelet-serving'],
  },
  {
    name: 'system:certificates.k8s.io:legacy-unknown-approver',
    rules: ['approve | certificates.~ | signers | kubernetes.io/legacy-unknown'],
  },
  {
    name: 'system:controller:attachdetach-controller',
    rules: [
      'list,watch | core | persistentvolumeclaims,persistentvolumes',
      'read | core | nodes',
      'patch,update | core | nodes/status',
      'list,watch | core | pods',
      'record | core,events.~ | events',
      'create,delete,get,list,watch | storage.~ | volumeattachments',
      'read | storage.~ | csidrivers',
      'read | storage.~ | csinodes',
    ],
  },
  {
    name: 'system:controller:certificate-controller',
    rules: [
      'delete,get,list,watch | certificates.~ | certificatesigningrequests',
      'update | certificates.~ | certificatesigningrequests/approval,certificatesigningrequests/status',
      'approve | certificates.~ | signers | kubernetes.io/kube-apiserver-client-kubelet',
      'sign | certificates.~ | signers | kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown',
      'create | authorization.~ | subjectaccessreviews',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:clusterrole-aggregation-controller',
    rules: ['escalate,get,list,patch,update,watch | rbac.authorization.~ | clusterroles'],
  },
  {
    name: 'system:controller:cronjob-controller',
    rules: [
      'get,list,update,watch | batch | cronjobs',
      'create,delete,get,list,patch,update,watch | batch | jobs',
      'update | batch | cronjobs/status',
      'update | batch | cronjobs/finalizers',
      'delete,list,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:daemon-set-controller',
    rules: [
      'read | apps,extensions | daemonsets',
      'update | apps,extensions | daemonsets/status',
      'update | apps,extensions | daemonsets/finalizers',
      'list,watch | core | nodes',
      'create,delete,list,patch,watch | core | pods',
      'create | core | pods/binding',
      'create,delete,get,list,patch,update,watch | apps | controllerrevisions',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:deployment-controller',
    rules: [
      'get,list,update,watch | apps,extensions | deployments',
      'update | apps,extensions | deployments/status',
      'update | apps,extensions | deployments/finalizers',
      'create,delete,get,list,patch,update,watch | apps,extensions | replicasets',
      'get,list,update,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:device-taint-eviction-controller',
    rules: [
      'delete,get,list,watch | core | pods',
      'patch,update | core | pods/status',
      'read | resource.~ | resourceclaims',
      'read | resource.~ | resourceslices',
      'read | resource.~ | deviceclasses',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:disruption-controller',
    rules: [
      'read | apps,extensions | deployments',
      'read | apps,extensions | replicasets',
      'read | core | replicationcontrollers',
      'read | policy | poddisruptionbudgets',
      'read | apps | statefulsets',
      'update | policy | poddisruptionbudgets/status',
      'patch,update | core | pods/status',
      'get | * | */scale',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:endpoint-controller',
    rules: [
      'read | core | pods,services',
      'create,delete,get,list,update,watch | core | endpoints',
      'create | core | endpoints/restricted',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:endpointslice-controller',
    rules: [
      'read | core | nodes,pods,services',
      'update | core | services/finalizers',
      'create,delete,get,list,update,watch | discovery.~ | endpointslices',
      'create | discovery.~ | endpointslices/restricted',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:endpointslicemirroring-controller',
    rules: [
      'read | core | endpoints,services',
      'update | core | services/finalizers',
      'update | core | endpoints/finalizers',
      'create,delete,get,list,update,watch | discovery.~ | endpointslices',
      'create | discovery.~ | endpointslices/restricted',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:ephemeral-volume-controller',
    rules: [
      'read | core | pods',
      'update | core | pods/finalizers',
      'create,get,list,watch | core | persistentvolumeclaims',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:expand-controller',
    rules: [
      'get,list,patch,update,watch | core | persistentvolumes',
      'patch,update | core | persistentvolumeclaims/status',
      'read | core | persistentvolumeclaims',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:generic-garbage-collector',
    rules: ['delete,get,list,patch,update,watch | * | *', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:horizontal-pod-autoscaler',
    rules: [
      'read | autoscaling | horizontalpodautoscalers',
      'update | autoscaling | horizontalpodautoscalers/status',
      'get,update | * | */scale',
      'list,watch | core | pods',
      'list,watch | metrics.~ | pods',
      'read | custom.metrics.~ | *',
      'read | external.metrics.~ | *',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:job-controller',
    rules: [
      'get,list,patch,update,watch | batch | jobs',
      'update | batch | jobs/status',
      'update | batch | jobs/finalizers',
      'create,delete,list,patch,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:legacy-service-account-token-cleaner',
    rules: [
      'get | core | configmaps | kube-apiserver-legacy-service-account-token-tracking',
      'delete,patch | core | secrets',
    ],
  },
  {
    name: 'system:controller:namespace-controller',
    rules: [
      'delete,get,list,watch | core | namespaces',
      'update | core | namespaces/finalize,namespaces/status',
      'delete,deletecollection,get,list,watch | * | *',
    ],
  },
  {
    name: 'system:controller:node-controller',
    rules: [
      'delete,get,list,patch,update,watch | core | nodes',
      'patch,update | core | nodes/status',
      'patch,update | core | pods/status',
      'delete,get,list,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:persistent-volume-binder',
    rules: [
      'create,delete,get,list,update,watch | core | persistentvolumes',
      'update | core | persistentvolumes/status',
      'get,list,update,watch | core | persistentvolumeclaims',
      'update | core | persistentvolumeclaims/status',
      'create,delete,get,list,watch | core | pods',
      'read | storage.~ | storageclasses',
      'list,watch | core | nodes',
      'record | core,events.~ | events',
      'watch | core | events',
    ],
  },
  {
    name: 'system:controller:pod-garbage-collector',
    rules: ['delete,list,watch | core | pods', 'read | core | nodes', 'patch | core | pods/status'],
  },
  {
    name: 'system:controller:pv-protection-controller',
    rules: ['get,list,update,watch | core | persistentvolumes', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:pvc-protection-controller',
    rules: [
      'get,list,update,watch | core | persistentvolumeclaims',
      'update | core | persistentvolumeclaims/status',
      'read | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:replicaset-controller',
    rules: [
      'get,list,update,watch | apps,extensions | replicasets',
      'update | apps,extensions | replicasets/status',
      'update | apps,extensions | replicasets/finalizers',
      'create,delete,list,patch,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:replication-controller',
    rules: [
      'get,list,update,watch | core | replicationcontrollers',
      'update | core | replicationcontrollers/status',
      'update | core | replicationcontrollers/finalizers',
      'create,delete,list,patch,watch | core | pods',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:resource-claim-controller',
    rules: [
      'read | core | pods',
      'update | core | pods/finalizers',
      'create,delete,get,list,watch | resource.~ | resourceclaims',
      'patch,update | resource.~ | resourceclaims,resourceclaims/status',
      'patch,update | core | pods/status',
      'record | core,events.~ | events',
      'patch,update | resource.~ | resourceclaims/binding',
    ],
  },
  {
    name: 'system:controller:resourcequota-controller',
    rules: ['list,watch | * | *', 'update | core | resourcequotas/status', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:root-ca-cert-publisher',
    rules: ['create,update | core | configmaps', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:route-controller',
    rules: ['list,watch | core | nodes', 'patch | core | nodes/status', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:selinux-warning-controller',
    rules: [
      'record | core,events.~ | events',
      'read | core | persistentvolumes',
      'read | core | persistentvolumeclaims',
      'read | core | pods',
      'read | storage.~ | csidrivers',
      'create | core | configmaps',
      'patch | core | configmaps | selinux-conflicts',
    ],
  },
  {
    name: 'system:controller:service-account-controller',
    rules: ['create | core | serviceaccounts', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:service-cidrs-controller',
    rules: [
      'get,list,patch,update,watch | networking.~ | servicecidrs',
      'patch,update | networking.~ | servicecidrs/finalizers',
      'patch,update | networking.~ | servicecidrs/status',
      'read | networking.~ | ipaddresses',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:service-controller',
    rules: [
      'read | core | services',
      'patch,update | core | services/status',
      'list,watch | core | nodes',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:statefulset-controller',
    rules: [
      'list,watch | core | pods',
      'read | apps | statefulsets',
      'update | apps | statefulsets/status',
      'update | apps | statefulsets/finalizers',
      'create,delete,get,patch,update | core | pods',
      'create,delete,get,list,patch,update,watch | apps | controllerrevisions',
      'create,get,list,watch | core | persistentvolumeclaims',
      'delete,update | core | persistentvolumeclaims',
      'update | core | pods/finalizers',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:ttl-after-finished-controller',
    rules: ['delete,get,list,watch | batch | jobs', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:ttl-controller',
    rules: ['list,patch,update,watch | core | nodes', 'record | core,events.~ | events'],
  },
  {
    name: 'system:controller:validatingadmissionpolicy-status-controller',
    rules: [
      'read | admissionregistration.~ | validatingadmissionpolicies',
      'get,patch,update | admissionregistration.~ | validatingadmissionpolicies/status',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:controller:volumeattributesclass-protection-controller',
    rules: [
      'read | core | persistentvolumeclaims',
      'read | core | persistentvolumes',
      'get,list,update,watch | storage.~ | volumeattributesclasses',
      'record | core,events.~ | events',
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      'get | url | /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/',
    ],
  },
  {
    name: 'system:heapster',
    rules: ['read | core | events,namespaces,nodes,pods', 'read | extensions | deployments'],
  },
  { name: 'system:kube-aggregator', rules: ['read | core | endpoints,services'] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      'record | core,events.~ | events',
      'create | coordination.~ | leases',
      'get,update | coordination.~ | leases | kube-controller-manager',
      'create | core | secrets,serviceaccounts',
      'delete | core | secrets',
      'get | core | configmaps,namespaces,secrets,serviceaccounts',
      'update | core | secrets,serviceaccounts',
      'create | authentication.~ | tokenreviews',
      'create | authorization.~ | subjectaccessreviews',
      'list,watch | * | *',
      'create | core | serviceaccounts/token',
    ],
  },
  { name: 'system:kube-dns', rules: ['list,watch | core | endpoints,services'] },
  {
    name: 'system:kube-scheduler',
    rules: [
      'record | core,events.~ | events',
      'create | coordination.~ | leases',
      'get,list,update,watch | coordination.~ | leases | kube-scheduler',
      'read+write | coordination.~ | leasecandidates',
      'read | core | nodes',
      'delete,get,list,watch | core | pods',
      'create | core | bindings,pods/binding',
      'patch,update | core | pods/status',
      'read | core | replicationcontrollers,services',
      'read | apps,extensions | replicasets',
      'read | apps | statefulsets',
      'read | policy | poddisruptionbudgets',
      'read | core | persistentvolumeclaims,persistentvolumes',
      'create | authentication.~ | tokenreviews',
      'create | authorization.~ | subjectaccessreviews',
      'read | storage.~ | csinodes',
      'read | storage.~ | volumeattachments',
      'read | core | namespaces',
      'read | storage.~ | csidrivers',
      'read | storage.~ | csistoragecapacities',
      'read | resource.~ | deviceclasses',
      'get,list,patch,update,watch | resource.~ | resourceclaims',
      'get,list,patch,update,watch | resource.~ | resourceclaims/status',
      'update | core | pods/finalizers',
      'read | resource.~ | resourceslices',
      'create,delete | resource.~ | resourceclaims',
      'patch,update | resource.~ | resourceclaims/binding',
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      'read | core | nodes',
      'proxy | core | nodes',
      '* | core | nodes/log,nodes/metrics,nodes/proxy,nodes/stats',
      '* | core | nodes/configz,nodes/healthz,nodes/pods',
    ],
  },
  {
    name: 'system:monitoring',
    rules: [
      'get | url | /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz',
      'get | core | nodes/metrics',
    ],
  },
  {
    name: 'system:node',
    rules: [
      'create | authentication.~ | tokenreviews',
      'create | authorization.~ | localsubjectaccessreviews,subjectaccessreviews',
      'read | core | services',
      'create,get,list,watch | core | nodes',
      'patch,update | core | nodes/status',
      'patch,update | core | nodes',
      'record | core,events.~ | events',
      'read | core | pods',
      'create,delete | core | pods',
      'patch,update | core | pods/status',
      'create | core | pods/eviction',
      'read | core | configmaps,secrets',
      'get | core | persistentvolumeclaims,persistentvolumes',
      'get | core | endpoints',
      'create,get,list,watch | certificates.~ | certificatesigningrequests',
      'create,delete,get,patch,update | coordination.~ | leases',
      'get | storage.~ | volumeattachments',
      'create | core | serviceaccounts/token',
      'get,patch,update | core | persistentvolumeclaims/status',
      'read | storage.~ | csidrivers',
      'create,delete,get,patch,update | storage.~ | csinodes',
      'read | node.~ | runtimeclasses',
      'get | resource.~ | resourceclaims',
      'deletecollection | resource.~ | resourceslices',
      'get | core | serviceaccounts',
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: ['create,get,list,watch | certificates.~ | certificatesigningrequests'],
  },
  {
    name: 'system:node-problem-detector',
    rules: ['get | core | nodes', 'patch | core | nodes/status', 'record | core,events.~ | events'],
  },
  {
    name: 'system:node-proxier',
    rules: [
      'list,watch | core | endpoints,services',
      'read | core | nodes',
      'record | core,events.~ | events',
      'list,watch | networking.~ | servicecidrs',
      'list,watch | discovery.~ | endpointslices',
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      'create,delete,get,list,watch | core | persistentvolumes',
      'get,list,update,watch | core | persistentvolumeclaims',
      'read | storage.~ | storageclasses',
      'watch | core | events',
      'record | core,events.~ | events',
    ],
  },
  { name: 'system:public-info-viewer', rules: ['get | url | /healthz,/livez,/readyz,/version,/version/'] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      'get | url | /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/',
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      'get,list,patch,update,watch | core | persistentvolumes',
      'read | storage.~ | storageclasses',
      'get,list,patch,update,watch | core | persistentvolumeclaims',
    ],
  },
  { name: 'view', aggregateTo: 'edit', aggregates: 'view', rules: [] },
];

/** Default namespaced roles in key order. */
export const defaultRoles: readonly DefaultRole[] = [
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [
      'read | core | configmaps',
      'update | core | configmaps | cluster-info',
      'record | core,events.~ | events',
    ],
  },
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['read | core | configmaps | extension-apiserver-authentication'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: [
      'create,get,list,update,watch | coordination.~ | leases',
      'create,get,list,update,watch | coordination.~ | leasecandidates',
    ],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    rules: [
      'create,get,list,update,watch | coordination.~ | leases',
      'create,get,list,update,watch | coordination.~ | leasecandidates',
    ],
  },
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', rules: ['read | core | secrets'] },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['create,get,list,watch | core | configmaps'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: ['delete,get,list,watch | core | secrets', 'record | core,events.~ | events'],
  },
];

/** Which packages the facts cover, and how their names read in OpenAPI and in the compact table. */

export interface PackageFacts {
  /** Short name in the table, e.g. `core.v1`. */
  readonly short: string;
  /** Go import path. */
  readonly path: string;
  /** OpenAPI prefix, e.g. `io.k8s.api.core.v1`. */
  readonly prefix: string;
  readonly group: string;
  readonly version: string;
}

const api = (folder: string, version: string, group: string): PackageFacts => ({
  short: `${folder}.${version}`,
  path: `k8s.io/api/${folder}/${version}`,
  prefix: `io.k8s.api.${folder}.${version}`,
  group,
  version,
});

/** In the order in which plain TypeScript names are given out: the first of two types with one name keeps it. */
export const packages: readonly PackageFacts[] = [
  api('core', 'v1', ''),
  {
    short: 'meta.v1',
    path: 'k8s.io/apimachinery/pkg/apis/meta/v1',
    prefix: 'io.k8s.apimachinery.pkg.apis.meta.v1',
    group: 'meta.k8s.io',
    version: 'v1',
  },
  api('apps', 'v1', 'apps'),
  api('batch', 'v1', 'batch'),
  api('rbac', 'v1', 'rbac.authorization.k8s.io'),
  api('autoscaling', 'v2', 'autoscaling'),
  api('autoscaling', 'v1', 'autoscaling'),
  api('networking', 'v1', 'networking.k8s.io'),
  api('discovery', 'v1', 'discovery.k8s.io'),
  api('coordination', 'v1', 'coordination.k8s.io'),
  api('policy', 'v1', 'policy'),
  api('authentication', 'v1', 'authentication.k8s.io'),
  api('authorization', 'v1', 'authorization.k8s.io'),
  api('storage', 'v1', 'storage.k8s.io'),
  api('scheduling', 'v1', 'scheduling.k8s.io'),
  api('certificates', 'v1', 'certificates.k8s.io'),
  api('node', 'v1', 'node.k8s.io'),
  api('events', 'v1', 'events.k8s.io'),
  api('admissionregistration', 'v1', 'admissionregistration.k8s.io'),
  api('flowcontrol', 'v1', 'flowcontrol.apiserver.k8s.io'),
  api('resource', 'v1', 'resource.k8s.io'),
  api('admission', 'v1', 'admission.k8s.io'),
  api('apidiscovery', 'v2', 'apidiscovery.k8s.io'),
  {
    short: 'apiextensions.v1',
    path: 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1',
    prefix: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    group: 'apiextensions.k8s.io',
    version: 'v1',
  },
  {
    short: 'metrics.v1beta1',
    path: 'k8s.io/metrics/pkg/apis/metrics/v1beta1',
    prefix: 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
    group: 'metrics.k8s.io',
    version: 'v1beta1',
  },
];

/** Types that are not structs of fields on the wire, by import path and name, and their name in the table. */
export const leaves: Readonly<Record<string, string>> = {
  'k8s.io/apimachinery/pkg/apis/meta/v1.Time': 'time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime': 'micro-time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Duration': 'duration',
  'k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1': 'fields',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'int-or-string',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  'k8s.io/apimachinery/pkg/types.UID': '%types.UID',
  'k8s.io/apimachinery/pkg/types.NodeName': '%types.NodeName',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON': 'json',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool': 'schema-or-bool',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray': 'schema-or-array',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray':
    'schema-or-strings',
};

/** Top-level types of meta/v1 that are kinds or answers of the API. */
export const metaRoots: readonly string[] = [
  'APIGroup',
  'APIGroupList',
  'APIResourceList',
  'APIVersions',
  'Condition',
  'CreateOptions',
  'DeleteOptions',
  'GetOptions',
  'LabelSelector',
  'List',
  'ListOptions',
  'PartialObjectMetadata',
  'PartialObjectMetadataList',
  'PatchOptions',
  'Status',
  'Table',
  'TableOptions',
  'UpdateOptions',
  'WatchEvent',
];

/**
 * kube-aggregator's types are in no package this reads, so its facts are written down here in the table's own
 * form (see `src/kinds/schema-facts.ts`).
 */
export const aggregatorFacts: PackageFacts & { readonly types: Readonly<Record<string, string>> } = {
  short: 'apiregistration.v1',
  path: '',
  prefix: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  group: 'apiregistration.k8s.io',
  version: 'v1',
  types: {
    APIService:
      'kind|kind string - e|apiVersion string - e|metadata meta.v1.ObjectMeta 1 e|spec APIServiceSpec 2 e|status APIServiceStatus 3 e',
    APIServiceCondition:
      '|type string 1 -!|status string 2 -!|lastTransitionTime time 3 e|reason string 4 e|message string 5 e',
    APIServiceList:
      'list|kind string - e|apiVersion string - e|metadata meta.v1.ListMeta 1 e|items []APIService 2 -!',
    APIServiceSpec:
      '|service ServiceReference 1 e*|group string 2 e|version string 3 e|insecureSkipTLSVerify bool 4 e|caBundle bytes 5 e l=atomic|groupPriorityMinimum int32 7 -!|versionPriority int32 8 -!',
    APIServiceStatus: '|conditions []APIServiceCondition 1 e p=merge k=type l=map,type',
    ServiceReference: '|namespace string 1 e|name string 2 e|port int32 3 e*',
  },
};

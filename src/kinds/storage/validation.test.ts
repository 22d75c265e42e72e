import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a volume as recorded is accepted', base: 'pv', changes: {}, errors: [] },
  {
    title: 'a volume has one source',
    base: 'pv',
    changes: { 'spec/nfs': { server: 's', path: '/p' } },
    errors: ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
  },
  {
    title: 'a local volume says where it is',
    base: 'pv-local',
    changes: { 'spec/nodeAffinity': undefined },
    errors: ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  },
  {
    title: 'the root of a node is not recycled',
    base: 'pv',
    changes: { 'spec/hostPath/path': '/./', 'spec/persistentVolumeReclaimPolicy': 'Recycle' },
    errors: [
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
  },
  {
    title: 'capacity is positive',
    base: 'pv',
    changes: { 'spec/capacity/storage': '-1' },
    errors: [
      'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
    ],
  },
  {
    title: 'the source of a volume stays',
    base: 'pv-min',
    write: 'update',
    changes: { 'spec/csi/volumeHandle': 'other' },
    errors: [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -22,7',
    ],
  },
  {
    title: 'a secret for expansion may be added',
    base: 'pv-min',
    write: 'update',
    changes: { 'spec/csi/controllerExpandSecretRef': { name: 's', namespace: 'n' } },
    errors: [],
  },
  {
    title: 'a claim asks for storage',
    base: 'pvc-min',
    changes: { 'spec/resources': {} },
    errors: ['spec.resources[storage]: Required value'],
  },
  {
    title: 'a bound claim may grow',
    base: 'pvc-min',
    write: 'update',
    changes: { 'spec/resources/requests/storage': '2Gi', 'status/phase': 'Bound' },
    errors: [],
  },
  {
    title: 'a claim that is not bound stays',
    base: 'pvc-min',
    write: 'update',
    changes: { 'spec/resources/requests/storage': '2Gi' },
    errors: ['spec: Forbidden: spec is immutable after creation except resources.requests'],
  },
  {
    title: 'states of a resize are known ones',
    base: 'pvc-min',
    write: 'status',
    changes: { 'status/allocatedResourceStatuses': { storage: 'Odd' } },
    errors: [
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResize',
    ],
  },
  {
    title: 'an empty topology term is told once for each empty place of the list',
    base: 'sc',
    changes: { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }, {}] },
    errors: [
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
    ],
  },
  {
    title: 'a class keeps how it binds',
    base: 'sc-min',
    write: 'update',
    changes: { volumeBindingMode: 'WaitForFirstConsumer' },
    errors: ['volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
  },
  {
    title: 'a class of attributes has some',
    base: 'vac',
    changes: { parameters: {} },
    errors: ['parameters: Required value: must contain at least one key/value pair'],
  },
  {
    title: 'an attachment has one source',
    base: 'volumeattachment',
    changes: { 'spec/source': { persistentVolumeName: 'a', inlineVolumeSpec: {} } },
    errors: ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  },
  {
    title: 'an attachment stays',
    base: 'volumeattachment',
    write: 'update',
    changes: { 'spec/nodeName': 'other' },
    errors: [
      'spec: Invalid value: {"Attacher":"csi.example.com","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"other"}: field is immutable',
    ],
  },
  {
    title: 'tokens of a driver last ten minutes',
    base: 'csidriver',
    changes: {
      'spec/tokenRequests': [
        { audience: 'a', expirationSeconds: 599 },
        { audience: 'b', expirationSeconds: 600 },
      ],
    },
    errors: [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
  },
  {
    title: 'a driver keeps its lifecycles',
    base: 'csidriver-min',
    write: 'update',
    changes: { 'spec/volumeLifecycleModes': ['Ephemeral'] },
    errors: ['spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable'],
  },
  {
    title: 'only the count of a driver on a node may change',
    base: 'csinode',
    write: 'update',
    changes: { 'spec/drivers/0/allocatable': { count: 9 }, 'spec/drivers/0/nodeID': 'other' },
    errors: [
      'spec.drivers: Invalid value: {"Name":"csi.example.com","NodeID":"other","TopologyKeys":["zone"],"Allocatable":null}: field is immutable',
    ],
  },
  {
    title: 'a capacity keeps its place',
    base: 'csistoragecapacity',
    write: 'update',
    changes: { nodeTopology: undefined },
    errors: ['nodeTopology: Invalid value: null: field is immutable'],
  },
]);

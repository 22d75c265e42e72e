import { validationTable } from '../../../test/support/validation-table.ts';

const MOUNT_OPTIONS = 'metadata/annotations';

validationTable([
  {
    title: 'the endpoints of a glusterfs volume are in a namespace',
    base: 'pv-nfs',
    changes: {
      'spec/nfs': undefined,
      'spec/glusterfs': { endpoints: 'e', path: '/x', endpointsNamespace: 'Bad_Name' },
    },
    errors: [
      'spec.glusterfs.endpointsNamespace: Invalid value: "Bad_Name": a lowercase RFC 1123 label must consist of',
    ],
  },
  {
    title: 'and one that is named',
    base: 'pv-nfs',
    changes: {
      'spec/nfs': undefined,
      'spec/glusterfs': { endpoints: 'e', path: '/x', endpointsNamespace: '' },
    },
    errors: [
      'spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name',
    ],
  },
  {
    title: 'the root of a host is not recycled, whatever it is called',
    base: 'pv-nfs',
    changes: {
      'spec/nfs': undefined,
      'spec/hostPath': { path: '/a/..', type: '' },
      'spec/persistentVolumeReclaimPolicy': 'Recycle',
    },
    errors: [
      'spec.hostPath.path: Invalid value: "/a/..": must not contain \'..\'',
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
  },
  {
    title: 'volumes that are not mounted have no mount options',
    base: 'pv-nfs',
    changes: {
      [MOUNT_OPTIONS]: { 'volume.beta.kubernetes.io/mount-options': 'ro' },
      'spec/nfs': undefined,
      'spec/hostPath': { path: '/a', type: '' },
    },
    errors: [
      'metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type',
    ],
  },
  {
    title: 'those that are have them',
    base: 'pv-nfs',
    changes: { [MOUNT_OPTIONS]: { 'volume.beta.kubernetes.io/mount-options': 'ro' } },
    errors: [],
  },
  {
    title: 'an image volume of a pod has a reference',
    base: 'pod-min',
    changes: { 'spec/volumes/1': { name: 'v', image: { reference: '', pullPolicy: 'Always' } } },
    errors: ['spec.volumes[1].image.reference: Required value'],
  },
  {
    title: 'one of a template may get it later',
    base: 'rc-min',
    changes: {
      'spec/template/spec/volumes': [{ name: 'v', image: { reference: '', pullPolicy: 'Always' } }],
    },
    errors: [],
  },
  {
    title: 'a driver of an inline volume is a short name',
    base: 'rc-min',
    changes: { 'spec/template/spec/volumes': [{ name: 'v', csi: { driver: '-d' } }] },
    errors: ['spec.template.spec.volumes[0].csi.driver: Invalid value: "-d": a lowercase RFC 1123 subdomain'],
  },
  {
    title: 'the class of a claim does not change by its annotation',
    base: 'pvc-min',
    write: 'update',
    changes: { 'metadata/annotations': { 'volume.beta.kubernetes.io/storage-class': 'other' } },
    errors: [
      'metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "other": field is immutable',
    ],
  },
]);

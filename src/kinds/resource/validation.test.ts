import { validationTable } from '../../../test/support/validation-table.ts';

const DEVICE = { name: 'd', capacity: { mem: { value: '4Gi' } } };

const shared = (requestPolicy: unknown) => ({
  ...DEVICE,
  allowMultipleAllocations: true,
  capacity: { mem: { value: '4Gi', requestPolicy } },
});

validationTable([
  { title: 'a claim as recorded is accepted', base: 'resourceclaim', changes: {}, errors: [] },
  {
    title: 'a request is exact or one of several',
    base: 'resourceclaim',
    changes: { 'spec/devices/constraints': [], 'spec/devices/requests': [{ name: 'r' }] },
    errors: [
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ],
  },
  {
    title: 'constraints are about requests there are',
    base: 'resourceclaim',
    changes: { 'spec/devices/constraints/0/requests': ['alt/a', 'alt/b', 'x/y/z'] },
    errors: [
      'spec.devices.constraints[0].requests[1]: Invalid value: "alt/b": must be the name of a request in the claim',
      'spec.devices.constraints[0].requests[2]: Invalid value: "x/y/z": must be the name of a request in the claim',
    ],
  },
  {
    title: 'all devices are not counted',
    base: 'resourceclaim',
    changes: {
      'spec/devices/requests/0/exactly/allocationMode': 'All',
      'spec/devices/requests/0/exactly/count': 2,
    },
    errors: [
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    ],
  },
  {
    title: 'a claim stays',
    base: 'resourceclaim',
    write: 'update',
    changes: { 'spec/devices': undefined },
    errors: [
      'spec: Invalid value: {"Devices":{"Requests":null,"Constraints":null,"Config":null}}: field is immutable',
    ],
  },
  {
    title: 'a claim is reserved once it is allocated',
    base: 'resourceclaim',
    write: 'status',
    changes: { status: { reservedFor: [{ resource: 'pods', name: 'p' }] } },
    errors: [
      'status.reservedFor[0].uid: Required value',
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ],
  },
  {
    title: 'a slice keeps its pool',
    base: 'resourceslice',
    write: 'update',
    changes: { 'spec/pool/name': 'other' },
    errors: ['spec.pool.name: Invalid value: "other": field is immutable'],
  },
  {
    title: 'a slice is of one node or of all',
    base: 'resourceslice',
    changes: { 'spec/allNodes': true },
    errors: ['spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of'],
  },
  {
    title: 'an attribute has one value',
    base: 'resourceslice',
    changes: { 'spec/devices/0/attributes': { a: { string: 'x', int: 1 } } },
    errors: [
      'spec.devices[0].attributes[a]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":"x"',
    ],
  },
  {
    title: 'capacity of a device that is not shared has no policy',
    base: 'resourceslice',
    changes: { 'spec/devices': [{ ...shared({}), allowMultipleAllocations: false }] },
    errors: ['spec.devices[0].capacity[mem].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
  },
  {
    title: 'a range of capacity holds its default in steps',
    base: 'resourceslice',
    changes: {
      'spec/devices': [shared({ default: '1536Mi', validRange: { min: '1Gi', max: '5Gi', step: '1Gi' } })],
    },
    errors: [
      'spec.devices[0].capacity[mem].requestPolicy.validRange.max: Invalid value: "5Gi": max is larger than capacity value: 4Gi',
      'spec.devices[0].capacity[mem].requestPolicy.validRange.step: Invalid value: "1536Mi": value is not a multiple of a given step (1Gi) from (1Gi)',
    ],
  },
  {
    title: 'listed capacities rise and hold their default',
    base: 'resourceslice',
    changes: { 'spec/devices': [shared({ default: '3Gi', validValues: ['2Gi', '1Gi'] })] },
    errors: [
      'spec.devices[0].capacity[mem].requestPolicy.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order',
      'spec.devices[0].capacity[mem].requestPolicy.validValues: Invalid value: "3Gi": default value is not valid according to the requestPolicy',
    ],
  },
  {
    title: 'both lists of binding conditions or none',
    base: 'resourceslice',
    changes: { 'spec/devices': [{ ...DEVICE, bindingConditions: ['a'] }] },
    errors: [
      'spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions',
    ],
  },
  {
    title: 'an extended name is one',
    base: 'deviceclass',
    changes: { 'spec/extendedResourceName': 'cpu' },
    errors: ['spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'],
  },
]);

import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a slice as recorded is accepted', base: 'endpointslice', changes: {}, errors: [] },
  {
    title: 'the zone has a field of its own',
    base: 'endpointslice',
    changes: { 'endpoints/0/deprecatedTopology': { 'topology.kubernetes.io/zone': 'a', x: 'y' } },
    errors: [
      'endpoints[0].deprecatedTopology[topology.kubernetes.io/zone]: Internal error: reserved key was not removed in conversion',
    ],
  },
]);

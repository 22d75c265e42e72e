import type { Draft, KubeObject } from '../../machinery/object.ts';
import { addressWarnings } from '../common/address-warnings.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, printFirst } from '../common/columns.ts';
import { items, setAbsent } from '../common/draft.ts';
import type { DiscoveryV1EndpointPort, EndpointSlice } from '../generated/types.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpointslice-validation.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const MAX_SHOWN = 3;
const UNSET = '<unset>';

const defaults = (draft: Draft): void => {
  for (const port of items(draft, 'ports')) {
    setAbsent(port, 'name', '');
    setAbsent(port, 'protocol', 'TCP');
  }
};

const printPort = (port: DiscoveryV1EndpointPort): string => String(port.port ?? port.name ?? '*');

const sliceWarnings = (object: KubeObject): string[] => {
  const { addressType, endpoints } = object as EndpointSlice;
  if (addressType === 'FQDN') return ['spec.addressType: FQDN endpoints are deprecated'];
  return (endpoints ?? []).flatMap(({ addresses }, index) =>
    (addresses ?? []).flatMap((address, place) =>
      addressWarnings(`endpoints[${index}].addresses[${place}]`, address),
    ),
  );
};

export const endpointSlice = builtin({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
  generationFields: ['addressType', 'endpoints', 'ports', 'metadata.labels'],
  defaults,
  indexes: {
    'endpointslices/service': (object) => {
      const service = object.metadata.labels?.[SERVICE_LABEL];
      return service ? [`${object.metadata.namespace ?? ''}/${service}`] : [];
    },
  },
  warnings: sliceWarnings,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  columns: [
    nameColumn,
    column<EndpointSlice>('AddressType', 'string', (object) => object.addressType),
    column<EndpointSlice>('Ports', 'string', (object) =>
      printFirst((object.ports ?? []).map(printPort), MAX_SHOWN, UNSET),
    ),
    column<EndpointSlice>('Endpoints', 'string', (object) =>
      printFirst(
        (object.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []),
        MAX_SHOWN,
        UNSET,
      ),
    ),
    ageColumn,
  ],
});

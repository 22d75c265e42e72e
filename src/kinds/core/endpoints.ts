import type { Draft, KubeObject } from '../../machinery/object.ts';
import { addressWarnings } from '../common/address-warnings.ts';
import { builtin, servedVersion } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { items, setZero } from '../common/draft.ts';
import type { EndpointSubset, Endpoints } from '../generated/types.ts';
import { validateEndpoints, validateEndpointsUpdate } from './endpoints-validation.ts';

const MAX_SHOWN = 3;

const hostPort = (ip: string, port: number): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

const addressTexts = (subset: EndpointSubset): string[] => {
  const addresses = (subset.addresses ?? []).map((address) => address.ip);
  const ports = subset.ports ?? [];
  if (ports.length === 0) return addresses;
  return ports.flatMap((port) => addresses.map((ip) => hostPort(ip, port.port)));
};

const printEndpoints = (object: Endpoints): string => {
  const subsets = object.subsets ?? [];
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(addressTexts);
  const shown = all.slice(0, MAX_SHOWN).join(',');
  return all.length > MAX_SHOWN ? `${shown} + ${all.length - MAX_SHOWN} more...` : shown;
};

const defaults = (draft: Draft): void => {
  for (const subset of items(draft, 'subsets')) {
    for (const port of items(subset, 'ports')) setZero(port, 'protocol', 'TCP');
  }
};

const endpointsWarnings = (object: KubeObject): string[] =>
  ((object as Endpoints).subsets ?? []).flatMap((subset, index) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((field) =>
      (subset[field] ?? []).flatMap(({ ip }, place) =>
        addressWarnings(`subsets[${index}].${field}[${place}].ip`, ip),
      ),
    ),
  );

export const endpoints = builtin({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  createOnUpdate: true,
  served: [
    servedVersion('', 'v1', 'Endpoints', {
      deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    }),
  ],
  defaults,
  validate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
  warnings: endpointsWarnings,
  columns: [nameColumn, column<Endpoints>('Endpoints', 'string', printEndpoints), ageColumn],
});

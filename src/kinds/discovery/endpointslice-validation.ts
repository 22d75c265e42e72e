/** Rules of endpoint slices (upstream: pkg/apis/discovery/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  internalFieldError,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../../machinery/field-error.ts';
import { familyOf, parseIp } from '../../machinery/ip.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { endpointIpErrors } from '../common/address-validation.ts';
import { sameValue, sizeOf } from '../common/draft.ts';
import { immutableField, invalids, ipErrors, labelErrors, oneOf } from '../common/field-rules.ts';
import { PORT_PROTOCOLS } from '../core/service-port-validation.ts';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../generated/types.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
/** Zones have a field of their own. */
const ZONE = 'topology.kubernetes.io/zone';
const MAX_TOPOLOGY_LABELS = 16;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_ENDPOINTS = 1000;
const MAX_HINTS = 8;

const fqdnErrors = (text: string, field: string): FieldError[] => {
  if (text === '') return [required(field)];
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const errors = dns1123Subdomain(name);
  if (errors.length > 0) return invalids(field, name, errors);
  return name.split('.').length < 2
    ? [invalidValue(field, name, 'should be a domain with at least two segments separated by dots')]
    : [];
};

const ipAddressErrors = (text: string, type: 'IPv4' | 'IPv6', list: string, field: string): FieldError[] => {
  const errors = ipErrors(text, field);
  if (errors.length > 0) return errors;
  const address = parseIp(text, { leadingZeros: true });
  if (address && familyOf(address) !== type) {
    errors.push(invalidValue(list, text, `must be an ${type} address`));
  }
  return [...errors, ...endpointIpErrors(text, field)];
};

const addressErrors = (text: string, type: string, list: string, index: number): FieldError[] => {
  const field = `${list}[${index}]`;
  if (type === 'IPv4' || type === 'IPv6') return ipAddressErrors(text, type, list, field);
  return type === 'FQDN' ? fqdnErrors(text, field) : [];
};

const hintListErrors = (
  hints: readonly { readonly name?: string }[],
  field: string,
  rule: (name: string) => readonly string[],
): FieldError[] => {
  if (hints.length > MAX_HINTS) return [tooMany(field, hints.length, MAX_HINTS)];
  const seen = new Set<string>();
  return hints.flatMap(({ name = '' }, index) => {
    const path = `${field}[${index}].name`;
    const errors = seen.has(name) ? [duplicate(path, name)] : [];
    seen.add(name);
    return [...errors, ...invalids(path, name, rule(name))];
  });
};

const hintErrors = ({ forZones, forNodes }: EndpointHints, field: string): FieldError[] => [
  ...hintListErrors(forZones ?? [], `${field}.forZones`, labelValue),
  ...hintListErrors(forNodes ?? [], `${field}.forNodes`, dns1123Subdomain),
];

const endpointErrors = (endpoint: Endpoint, type: string, field: string): FieldError[] => {
  const { nodeName, deprecatedTopology: topology, hostname, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const list = `${field}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(list, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(list, addresses.length, MAX_ADDRESSES));
  errors.push(...addresses.flatMap((text, index) => addressErrors(text, type, list, index)));
  if (nodeName !== undefined)
    errors.push(...invalids(`${field}.nodeName`, nodeName, dns1123Subdomain(nodeName)));
  if (sizeOf(topology) > MAX_TOPOLOGY_LABELS) {
    errors.push(tooMany(`${field}.deprecatedTopology`, sizeOf(topology), MAX_TOPOLOGY_LABELS));
  }
  errors.push(...labelErrors(topology, `${field}.deprecatedTopology`));
  if (topology && Object.hasOwn(topology, ZONE)) {
    const detail = 'reserved key was not removed in conversion';
    errors.push(internalFieldError(`${field}.deprecatedTopology[${ZONE}]`, detail));
  }
  if (hostname !== undefined) errors.push(...invalids(`${field}.hostname`, hostname, dns1123Label(hostname)));
  if (hints) errors.push(...hintErrors(hints, `${field}.hints`));
  return errors;
};

const endpointsErrors = (endpoints: readonly Endpoint[], type: string): FieldError[] => {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => endpointErrors(endpoint, type, `endpoints[${index}]`));
};

const protocolErrors = (protocol: string | undefined, field: string): FieldError[] => {
  if (protocol === undefined) return [required(field)];
  return PORT_PROTOCOLS.includes(protocol) ? [] : [notSupported(field, protocol, PORT_PROTOCOLS)];
};

const portsErrors = (ports: readonly DiscoveryV1EndpointPort[]): FieldError[] => {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    const errors = name === '' ? [] : invalids(`${field}.name`, name, dns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    errors.push(...protocolErrors(protocol, `${field}.protocol`));
    if (appProtocol === undefined) return errors;
    return [...errors, ...invalids(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))];
  });
};

const check = (slice: EndpointSlice, old?: EndpointSlice): FieldError[] => {
  const { addressType = '', ports, endpoints } = slice;
  const kept = old !== undefined && sameValue(old.endpoints, endpoints);
  return [
    ...oneOf(addressType, ADDRESS_TYPES, 'addressType'),
    ...portsErrors(ports ?? []),
    ...(kept ? [] : endpointsErrors(endpoints ?? [], addressType)),
  ];
};

/** Errors of a new slice. */
export const validateEndpointSlice = (object: KubeObject): FieldError[] => check(object as EndpointSlice);

/** Errors of a changed slice; endpoints that did not change are not judged by newer rules. */
export const validateEndpointSliceUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const slice = object as EndpointSlice;
  const before = old as EndpointSlice;
  return [
    ...check(slice, before),
    ...immutableField(slice.addressType ?? '', before.addressType ?? '', 'addressType'),
  ];
};

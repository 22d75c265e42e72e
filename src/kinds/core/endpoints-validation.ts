/** Rules of Endpoints (upstream: ValidateEndpoints, pkg/apis/core/validation, 1.36). */

import { type FieldError, required } from '../../machinery/field-error.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { endpointIpErrors } from '../common/address-validation.ts';
import { sameValue } from '../common/draft.ts';
import { invalids, ipErrors, oneOf } from '../common/field-rules.ts';
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../generated/types.ts';
import { PORT_PROTOCOLS } from './service-port-validation.ts';

const addressErrors = ({ ip = '', hostname, nodeName }: EndpointAddress, field: string): FieldError[] => [
  ...ipErrors(ip, `${field}.ip`),
  ...(hostname ? invalids(`${field}.hostname`, hostname, dns1123Label(hostname)) : []),
  ...(nodeName === undefined ? [] : invalids(`${field}.nodeName`, nodeName, dns1123Subdomain(nodeName))),
  ...endpointIpErrors(ip, `${field}.ip`),
];

const portErrors = (port: EndpointPort, named: boolean, field: string): FieldError[] => {
  const { name = '', port: number = 0, protocol, appProtocol } = port;
  return [
    ...(named && name === '' ? [required(`${field}.name`)] : []),
    ...(name === '' ? [] : invalids(`${field}.name`, name, dns1123Label(name))),
    ...invalids(`${field}.port`, number, portNumber(number)),
    ...oneOf(protocol, PORT_PROTOCOLS, `${field}.protocol`),
    ...(appProtocol === undefined
      ? []
      : invalids(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
  ];
};

const subsetErrors = (subset: EndpointSubset, field: string): FieldError[] => {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors: FieldError[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
  }
  errors.push(...addresses.flatMap((address, i) => addressErrors(address, `${field}.addresses[${i}]`)));
  errors.push(
    ...notReadyAddresses.flatMap((address, i) => addressErrors(address, `${field}.notReadyAddresses[${i}]`)),
  );
  errors.push(...ports.flatMap((port, i) => portErrors(port, ports.length > 1, `${field}.ports[${i}]`)));
  return errors;
};

/** Errors of new Endpoints. */
export const validateEndpoints = (object: KubeObject): FieldError[] =>
  ((object as Endpoints).subsets ?? []).flatMap((subset, i) => subsetErrors(subset, `subsets[${i}]`));

/** Errors of changed Endpoints; subsets that did not change are not judged by newer rules. */
export const validateEndpointsUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors = validateEndpoints(object);
  if (errors.length === 0) return errors;
  return sameValue((object as Endpoints).subsets, (old as Endpoints).subsets) ? [] : errors;
};

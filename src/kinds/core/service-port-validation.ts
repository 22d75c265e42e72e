/** Rules of a service's ports (upstream: validateServicePort, pkg/apis/core/validation, 1.36). */

import { duplicate, type FieldError, forbiddenField, required } from '../../machinery/field-error.ts';
import { dns1123Label, portNumber, qualifiedName } from '../../machinery/name-rules.ts';
import { invalids, oneOf, portOrName } from '../common/field-rules.ts';
import type { ServicePort, ServiceSpec } from '../generated/types.ts';

/** Transport protocols, in the order messages list them. */
export const PORT_PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

const nameErrors = (name: string, named: boolean, seen: Set<string>, field: string): FieldError[] => {
  if (name === '') return named ? [required(field)] : [];
  const errors = invalids(field, name, dns1123Label(name));
  if (seen.has(name)) errors.push(duplicate(field, name));
  seen.add(name);
  return errors;
};

/** Errors of each port on its own; with several ports each needs a name of its own. */
export const servicePortErrors = (ports: readonly ServicePort[]): FieldError[] => {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const { name = '', port: number = 0, protocol, targetPort, appProtocol } = port;
    return [
      ...nameErrors(name, ports.length > 1, seen, `${field}.name`),
      ...invalids(`${field}.port`, number, portNumber(number)),
      ...oneOf(protocol, PORT_PROTOCOLS, `${field}.protocol`),
      ...portOrName(targetPort, `${field}.targetPort`),
      ...(appProtocol === undefined
        ? []
        : invalids(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
    ];
  });
};

/** A port as upstream prints the key it compares by. */
const portKey = ({ protocol = '', port = 0 }: ServicePort) => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
});

/** Errors of the ports together: node ports of a cluster-internal service, node ports and ports used twice. */
export const portClashes = ({ type, ports = [] }: ServiceSpec): FieldError[] => {
  const errors: FieldError[] = [];
  ports.forEach(({ nodePort }, index) => {
    if (type !== 'ClusterIP' || !nodePort) return;
    errors.push(
      forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"),
    );
  });
  const nodePorts = new Set<string>();
  ports.forEach(({ protocol, nodePort }, index) => {
    if (!nodePort) return;
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  const used = new Set<string>();
  ports.forEach((port, index) => {
    const key = `${port.protocol}/${port.port}`;
    if (used.has(key)) errors.push(duplicate(`spec.ports[${index}]`, portKey(port)));
    used.add(key);
  });
  return errors;
};

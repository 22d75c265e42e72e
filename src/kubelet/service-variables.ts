/** Variables that tell a container about the services of its namespace (pkg/kubelet/envvars, 1.36). */

import type { Lookup } from '../kinds/define.ts';
import type { Pod, Service } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';

type Variables = Record<string, string>;

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

const addService = (variables: Variables, { metadata, spec }: Service): void => {
  const prefix = upper(metadata.name ?? '');
  const address = spec?.clusterIP ?? '';
  const ports = spec?.ports ?? [];
  const [first] = ports;
  if (first === undefined) return;
  variables[`${prefix}_SERVICE_HOST`] = address;
  variables[`${prefix}_SERVICE_PORT`] = String(first.port);
  for (const { name, port } of ports) {
    if (name) variables[`${prefix}_SERVICE_PORT_${upper(name)}`] = String(port);
  }
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const word = protocol.toLowerCase();
    const url = `${word}://${address}:${port}`;
    if (index === 0) variables[`${prefix}_PORT`] = url;
    const own = `${prefix}_PORT_${port}_${protocol}`;
    variables[own] = url;
    variables[`${own}_PROTO`] = word;
    variables[`${own}_PORT`] = String(port);
    variables[`${own}_ADDR`] = address;
  }
};

const hasAddress = ({ spec }: Service): boolean => Boolean(spec?.clusterIP) && spec?.clusterIP !== 'None';

/**
 * The variables of a container that starts then: the services that were there, unless the pod asks for none; the API
 * server's always.
 */
export const serviceVariables = (pod: Pod, lookup: Lookup, startedAt: Instant): Variables => {
  const variables: Variables = {};
  const home = pod.metadata.namespace ?? '';
  const api = lookup.get('services', 'default', 'kubernetes');
  const services = pod.spec?.enableServiceLinks === false ? [] : lookup.list('services', home);
  for (const service of api === undefined ? services : [api, ...services]) {
    const created = parseTime(service.metadata.creationTimestamp ?? '') ?? 0;
    if (hasAddress(service) && created <= startedAt) addService(variables, service);
  }
  return variables;
};

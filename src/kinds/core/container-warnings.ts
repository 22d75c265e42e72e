/** Warnings about containers of pods (upstream: pkg/api/pod/warnings.go, 1.36). */

import type { Container, ContainerPort, EnvVar, PodSpec } from '../generated/types.ts';
import { APP_ARMOR } from './pod-armor.ts';
import { fractionWarnings } from './resource-warnings.ts';

type Annotations = Readonly<Record<string, string>> | undefined;

/** Amounts in bytes. */
export const BYTES = ['memory', 'ephemeral-storage'];

/** Every container with its path: init, then main, then ephemeral ones. */
export const visitContainers = (spec: PodSpec, path: string): readonly (readonly [Container, string])[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map(
      (container, index) => [container as Container, `${path}.${field}[${index}]`] as const,
    ),
  );

const hides = ({ name, value = '', valueFrom }: EnvVar): boolean => {
  const reference = `$(${name})`;
  return valueFrom !== undefined || value === reference || !value.includes(reference);
};

const envWarnings = (env: readonly EnvVar[] | undefined, path: string): string[] => {
  const known = new Set<string>();
  const warnings: string[] = [];
  for (const [index, variable] of (env ?? []).entries()) {
    if (known.has(variable.name) && hides(variable)) {
      const text = `hides previous definition of "${variable.name}", which may be dropped when using apply`;
      warnings.push(`${path}.env[${index}]: ${text}`);
    }
    known.add(variable.name);
  }
  return warnings;
};

const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/';

const profileWarnings = (
  container: Container,
  spec: PodSpec,
  annotations: Annotations,
  prefix: string,
): string[] => {
  const warnings: string[] = [];
  const at = `${prefix}metadata.annotations`;
  const seccomp = `${SECCOMP}${container.name}`;
  if (!container.securityContext?.seccompProfile && annotations?.[seccomp] !== undefined) {
    warnings.push(`${at}[${seccomp}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  const apparmor = `${APP_ARMOR}${container.name}`;
  const has = spec.securityContext?.appArmorProfile ?? container.securityContext?.appArmorProfile;
  if (prefix !== '' && !has && annotations?.[apparmor] !== undefined) {
    warnings.push(`${at}[${apparmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
  return warnings;
};

/** Warnings about each container by itself; `prefix` is the path of a template with its dot, '' for a pod. */
export const containerWarnings = (spec: PodSpec, annotations: Annotations, prefix: string): string[] =>
  visitContainers(spec, `${prefix}spec`).flatMap(([container, path]) => {
    const { limits, requests } = container.resources ?? {};
    const amounts = BYTES.flatMap((resource) => [
      ...fractionWarnings(limits, `${path}.resources.limits`, [resource]),
      ...fractionWarnings(requests, `${path}.resources.requests`, [resource]),
    ]);
    return [
      ...profileWarnings(container, spec, annotations, prefix),
      ...amounts,
      ...envWarnings(container.env, path),
    ];
  });

interface Placed {
  readonly port: ContainerPort;
  readonly path: string;
}

/** How two ports of one number and protocol get in each other's way. */
const clash = (port: ContainerPort, other: ContainerPort): string | undefined => {
  const [ip, otherIp] = [port.hostIP ?? '', other.hostIP ?? ''];
  const [host, otherHost] = [port.hostPort ?? 0, other.hostPort ?? 0];
  if (ip === otherIp && host === otherHost) return 'duplicate port definition with';
  if (host === 0 || otherHost === 0) return 'overlapping port definition with';
  const oneOpen = (ip === '') !== (otherIp === '');
  return host === otherHost && oneOpen ? 'dangerously ambiguous port definition with' : undefined;
};

const printPort = ({
  name = '',
  hostPort = 0,
  containerPort,
  protocol = '',
  hostIP = '',
}: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

/** Warnings about ports of all containers together. */
export const portWarnings = (spec: PodSpec, path: string): string[] => {
  const warnings: string[] = [];
  const byNumber = new Map<string, Placed[]>();
  const byName = new Map<string, string>();
  for (const [container, holder] of visitContainers(spec, path)) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const at = `${holder}.ports[${index}]`;
      if (port.hostIP && !port.hostPort)
        warnings.push(`${at}: hostIP set without hostPort: ${printPort(port)}`);
      const key = `${port.containerPort}/${port.protocol ?? ''}`;
      const others = byNumber.get(key) ?? [];
      for (const other of others) {
        const how = clash(port, other.port);
        if (how) warnings.push(`${at}: ${how} ${other.path}`);
      }
      byNumber.set(key, [...others, { port, path: at }]);
      const first = port.name ? byName.get(port.name) : undefined;
      if (first !== undefined) {
        const text = `services and probes that select ports by name will use ${first}`;
        warnings.push(`${at}: duplicate port name "${port.name ?? ''}" with ${first}, ${text}`);
      } else if (port.name) byName.set(port.name, at);
    }
  }
  return warnings;
};

/** Checks of the baseline level, by id. */

import type { Container, PodSecurityContext, SecurityContext } from '../../kinds/generated/types.ts';
import {
  type CheckPod,
  containersOf,
  distinct,
  exceptUserNamespaces,
  failing,
  nameContainers,
  nameSetters,
  type PodSecurityCheck,
  plural,
  quoteAll,
} from './check.ts';

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

const appArmorAllowed = (profile: string): boolean =>
  profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');

const appArmorType = (context: PodSecurityContext | SecurityContext | undefined): string[] => {
  const type = context?.appArmorProfile?.type;
  return type === undefined || type === 'RuntimeDefault' || type === 'Localhost' ? [] : [type];
};

const appArmor: CheckPod = ({ annotations, spec }) => {
  const podValues = appArmorType(spec.securityContext);
  const containers = failing(spec, (one) => appArmorType(one.securityContext).length > 0);
  const values = distinct([
    ...podValues,
    ...containersOf(spec).flatMap((one) => appArmorType(one.securityContext)),
  ]);
  const annotated = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_PREFIX) && !appArmorAllowed(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  if (values.length === 0 && annotated.length === 0) return undefined;
  const setters = nameSetters(podValues.length > 0, containers);
  const fields =
    values.length === 0 ? [] : [`${setters} must not set AppArmor profile type to ${quoteAll(values)}`];
  return {
    reason: plural(
      'forbidden AppArmor profile',
      'forbidden AppArmor profiles',
      values.length + annotated.length,
    ),
    detail: [...fields, ...annotated].join(', '),
  };
};

const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const addedBeyond = (container: Container, allowed: readonly string[]): string[] =>
  (container.securityContext?.capabilities?.add ?? []).filter((name) => !allowed.includes(name));

/** `container "a" must not include "X" in securityContext.capabilities.add`, or `undefined`. */
export const describeAddedCapabilities = (
  containers: readonly Container[],
  allowed: readonly string[],
): string | undefined => {
  const bad = containers.filter((one) => addedBeyond(one, allowed).length > 0);
  if (bad.length === 0) return undefined;
  const names = distinct(bad.flatMap((one) => addedBeyond(one, allowed)));
  return `${nameContainers(bad.map((one) => one.name))} must not include ${quoteAll(names)} in securityContext.capabilities.add`;
};

const capabilities: CheckPod = ({ spec }) => {
  const detail = describeAddedCapabilities(containersOf(spec), BASELINE_CAPABILITIES);
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
};

const hostNamespaces: CheckPod = ({ spec }) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  if (set.length === 0) return undefined;
  return { reason: 'host namespaces', detail: set.map((field) => `${field}=true`).join(', ') };
};

const hostPathVolumes: CheckPod = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name);
  if (names.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: `${plural('volume', 'volumes', names.length)} ${quoteAll(names)}`,
  };
};

const hostPortsOf = (container: Container): number[] =>
  (container.ports ?? []).flatMap((port) => (port.hostPort ? [port.hostPort] : []));

const hostPorts: CheckPod = ({ spec }) => {
  const names = failing(spec, (one) => hostPortsOf(one).length > 0);
  if (names.length === 0) return undefined;
  const ports = distinct(containersOf(spec).flatMap(hostPortsOf).map(String));
  const verb = plural('uses', 'use', names.length);
  return {
    reason: 'hostPort',
    detail: `${nameContainers(names)} ${verb} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  };
};

interface Handler {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

const handlerHosts = (container: Container): string[] => {
  const handlers: readonly (Handler | undefined)[] = [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.postStart,
    container.lifecycle?.preStop,
  ];
  return handlers
    .flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''])
    .filter((host) => host !== '');
};

const hostProbes: CheckPod = ({ spec }) => {
  const names = distinct(failing(spec, (one) => handlerHosts(one).length > 0));
  if (names.length === 0) return undefined;
  const hosts = distinct(containersOf(spec).flatMap(handlerHosts));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length);
  return {
    reason: 'probe or lifecycle host',
    detail: `${nameContainers(names)} ${plural('uses', 'use', names.length)} ${what} ${quoteAll(hosts)}`,
  };
};

const privileged: CheckPod = ({ spec }) => {
  const names = failing(spec, (one) => one.securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${nameContainers(names)} must not set securityContext.privileged=true`,
  };
};

const procMountOf = (container: Container): string => container.securityContext?.procMount ?? 'Default';

/** Whatever the pod's user namespace: every container keeps the default masks on /proc. */
export const procMount: CheckPod = ({ spec }) => {
  const names = failing(spec, (one) => procMountOf(one) !== 'Default');
  if (names.length === 0) return undefined;
  const types = distinct(
    containersOf(spec)
      .map(procMountOf)
      .filter((type) => type !== 'Default'),
  );
  return {
    reason: 'procMount',
    detail: `${nameContainers(names)} must not set securityContext.procMount to ${quoteAll(types)}`,
  };
};

const seLinux =
  (allowedTypes: readonly string[]): CheckPod =>
  ({ spec }) => {
    const badType = (context: PodSecurityContext | SecurityContext | undefined): string[] => {
      const type = context?.seLinuxOptions?.type ?? '';
      return type === '' || allowedTypes.includes(type) ? [] : [type];
    };
    const isBad = (context: PodSecurityContext | SecurityContext | undefined): boolean =>
      badType(context).length > 0 ||
      Boolean(context?.seLinuxOptions?.user) ||
      Boolean(context?.seLinuxOptions?.role);
    const names = failing(spec, (one) => isBad(one.securityContext));
    const pod = isBad(spec.securityContext);
    if (!pod && names.length === 0) return undefined;
    const contexts = [spec.securityContext, ...containersOf(spec).map((one) => one.securityContext)];
    const types = distinct(contexts.flatMap(badType));
    const faults = [
      ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoteAll(types)}`] : []),
      ...(contexts.some((one) => one?.seLinuxOptions?.user) ? ['user may not be set'] : []),
      ...(contexts.some((one) => one?.seLinuxOptions?.role) ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${nameSetters(pod, names)} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}`,
    };
  };

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

const seccompAnnotations: CheckPod = ({ annotations, spec }) => {
  const allowed = (value: string): boolean =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const keys = [SECCOMP_POD, ...containersOf(spec).map((one) => `${SECCOMP_CONTAINER}${one.name}`)];
  const bad = distinct(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || allowed(value) ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}`,
  };
};

const seccompType = (context: PodSecurityContext | SecurityContext | undefined): string[] => {
  const profile = context?.seccompProfile;
  if (profile === undefined || profile.type === 'RuntimeDefault' || profile.type === 'Localhost') return [];
  return [profile.type];
};

/** Whoever sets a profile type sets a confined one. */
export const seccompFields: CheckPod = ({ spec }) => {
  const pod = seccompType(spec.securityContext);
  const names = failing(spec, (one) => seccompType(one.securityContext).length > 0);
  if (pod.length === 0 && names.length === 0) return undefined;
  const values = distinct([...pod, ...containersOf(spec).flatMap((one) => seccompType(one.securityContext))]);
  return {
    reason: 'seccompProfile',
    detail: `${nameSetters(pod.length > 0, names)} must not set securityContext.seccompProfile.type to ${quoteAll(values)}`,
  };
};

const SYSCTLS_0 = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS_0, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

const sysctls =
  (allowed: readonly string[]): CheckPod =>
  ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? [])
      .map((sysctl) => sysctl.name)
      .filter((name) => !allowed.includes(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };

const windowsHostProcess: CheckPod = ({ spec }) => {
  const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
  const names = failing(spec, (one) => one.securityContext?.windowsOptions?.hostProcess === true);
  if (!pod && names.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${nameSetters(pod, names)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

const SELINUX_TYPES = ['container_t', 'container_init_t', 'container_kvm_t'];

export const baselineChecks: readonly PodSecurityCheck[] = [
  { id: 'appArmorProfile', versions: [[0, appArmor]] },
  { id: 'capabilities_baseline', versions: [[0, capabilities]] },
  { id: 'hostNamespaces', versions: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', versions: [[0, hostPathVolumes]] },
  { id: 'hostPorts', versions: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', versions: [[34, hostProbes]] },
  { id: 'privileged', versions: [[0, privileged]] },
  {
    id: 'procMount_baseline',
    versions: [
      [0, procMount],
      [35, exceptUserNamespaces(procMount)],
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      [0, seLinux(SELINUX_TYPES)],
      [31, seLinux([...SELINUX_TYPES, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      [0, seccompAnnotations],
      [19, seccompFields],
    ],
  },
  {
    id: 'sysctls',
    versions: [
      [0, sysctls(SYSCTLS_0)],
      [27, sysctls(SYSCTLS_27)],
      [29, sysctls(SYSCTLS_29)],
      [32, sysctls(SYSCTLS_32)],
    ],
  },
  { id: 'windowsHostProcess', versions: [[0, windowsHostProcess]] },
];

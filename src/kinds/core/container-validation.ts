/** Rules of containers of all kinds (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
  tooMany,
} from '../../machinery/field-error.ts';
import { portName, portNumber } from '../../machinery/name-rules.ts';
import {
  checkEach,
  checkLabelName,
  checkOneOf,
  checkPresent,
  checkRequiredOneOf,
  checkRule,
  type Errors,
} from '../common/checks.ts';
import type {
  Container,
  ContainerPort,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../generated/types.ts';
import { checkEnvFrom, checkEnvVar } from './env-validation.ts';
import { checkVolumeDevices, checkVolumeMounts, type VolumesByName } from './mount-validation.ts';
import { checkLifecycle, checkProbes } from './probe-validation.ts';
import { checkRequirements, checkResizePolicy } from './resource-requirements-validation.ts';
import { checkSecurityContext } from './security-context-validation.ts';

/** What containers' rules need to know of their pod. */
export interface PodFacts {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claims: ReadonlySet<string>;
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];

const checkPortNumber = (errors: Errors, path: string, port: number): void => {
  for (const message of portNumber(port)) errors.push(invalidValue(path, port, message));
};

const checkPorts = (errors: Errors, path: string, ports: readonly ContainerPort[] | undefined): void => {
  if (ports === undefined) return;
  const names = new Set<string>();
  checkEach(
    errors,
    path,
    ports,
    (found, at, { name = '', containerPort = 0, hostPort = 0, protocol }: Partial<ContainerPort>) => {
      if (name !== '') {
        const messages = portName(name);
        if (messages.length > 0) checkRule(found, `${at}.name`, name, messages);
        else if (names.has(name)) found.push(duplicate(`${at}.name`, name));
        else names.add(name);
      }
      if (containerPort === 0) found.push(required(`${at}.containerPort`));
      else checkPortNumber(found, `${at}.containerPort`, containerPort);
      if (hostPort !== 0) checkPortNumber(found, `${at}.hostPort`, hostPort);
      checkRequiredOneOf(found, `${at}.protocol`, protocol, PROTOCOLS);
    },
  );
};

/** Ports of the node that two containers want. */
const checkHostPorts = (errors: Errors, path: string, containers: readonly Container[]): void => {
  const taken = new Set<string>();
  containers.forEach((container, index) => {
    container.ports?.forEach(({ hostPort = 0, hostIP = '', protocol = '' }, port) => {
      if (hostPort === 0) return;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${path}[${index}].ports[${port}].hostPort`, key));
      else taken.add(key);
    });
  });
};

const checkCommon = (errors: Errors, path: string, container: Container, pod: PodFacts): void => {
  const { name, image } = container;
  if (checkPresent(errors, `${path}.name`, name)) checkLabelName(errors, `${path}.name`, name);
  checkPresent(errors, `${path}.image`, image);
  checkRequiredOneOf(
    errors,
    `${path}.terminationMessagePolicy`,
    container.terminationMessagePolicy,
    MESSAGE_POLICIES,
  );
  checkPorts(errors, `${path}.ports`, container.ports);
  checkEach(errors, `${path}.env`, container.env, checkEnvVar);
  checkEnvFrom(errors, `${path}.envFrom`, container.envFrom);
  if (container.volumeMounts) checkVolumeMounts(errors, `${path}.volumeMounts`, container, pod.volumes);
  if (container.volumeDevices) checkVolumeDevices(errors, `${path}.volumeDevices`, container, pod.volumes);
  checkRequiredOneOf(errors, `${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES);
  checkRequirements(errors, `${path}.resources`, container.resources, pod.claims);
  checkResizePolicy(errors, `${path}.resizePolicy`, container.resizePolicy, pod.spec.restartPolicy ?? '');
  const hostUsers = pod.spec.hostUsers !== false;
  checkSecurityContext(errors, `${path}.securityContext`, container.securityContext, hostUsers);
};

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers'];
const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;

const checkRestartRule = (errors: Errors, path: string, rule: ContainerRestartRule): void => {
  checkOneOf(errors, `${path}.action`, rule.action, RESTART_ACTIONS);
  const { exitCodes } = rule;
  if (exitCodes === undefined) {
    errors.push(required(`${path}.exitCodes`, 'must be specified'));
    return;
  }
  checkOneOf(errors, `${path}.exitCodes.operator`, exitCodes.operator, ['In', 'NotIn']);
  const count = exitCodes.values?.length ?? 0;
  if (count > MAX_EXIT_CODES) errors.push(tooMany(`${path}.exitCodes.values`, count, MAX_EXIT_CODES));
};

const checkRestartPolicy = (errors: Errors, path: string, container: Container, isInit: boolean): void => {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined) {
    if (rules.length === 0) return;
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
    if (isInit) return;
  } else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  if (rules.length > MAX_RESTART_RULES) {
    errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, MAX_RESTART_RULES));
  }
  checkEach(errors, `${path}.restartPolicyRules`, rules, checkRestartRule);
};

/** A required list may be missing or null when nothing was given. */
const containersOf = (spec: PodSpec): readonly Container[] =>
  (spec.containers as PodSpec['containers'] | null | undefined) ?? [];

const nameOf = ({ name }: { readonly name?: string }): string => name ?? '';

/** The containers of a pod. */
export const checkContainers = (errors: Errors, path: string, pod: PodFacts): void => {
  const { terminationGracePeriodSeconds: grace } = pod.spec;
  const containers = containersOf(pod.spec);
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  checkEach(errors, path, containers, (found, at, container) => {
    checkCommon(found, at, container, pod);
    const { name = '' } = container as Partial<Container>;
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    names.add(name);
    checkLifecycle(found, `${at}.lifecycle`, container.lifecycle, grace);
    checkProbes(found, at, container, grace);
    checkRestartPolicy(found, at, container, false);
  });
  checkHostPorts(errors, path, containers);
};

const ONLY_SIDECARS = 'may not be set for init containers without restartPolicy=Always';
const RUNNING_FIELDS = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

const checkInitOnly = (errors: Errors, path: string, container: Container, pod: PodFacts): void => {
  const { terminationGracePeriodSeconds: grace } = pod.spec;
  if (container.restartPolicy === 'Always') {
    checkLifecycle(errors, `${path}.lifecycle`, container.lifecycle, grace);
    checkProbes(errors, path, container, grace);
    return;
  }
  for (const field of RUNNING_FIELDS) {
    if (container[field] !== undefined) errors.push(forbiddenField(`${path}.${field}`, ONLY_SIDECARS));
  }
  container.resizePolicy?.forEach(({ restartPolicy }, index) => {
    if (restartPolicy !== 'RestartContainer') return;
    const at = `${path}.resizePolicy[${index}].restartPolicy`;
    errors.push(
      invalidValue(at, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"),
    );
  });
};

/** The init containers of a pod, sidecars among them. */
export const checkInitContainers = (errors: Errors, path: string, pod: PodFacts): void => {
  const { initContainers } = pod.spec;
  if (initContainers === undefined) return;
  const names = new Set(containersOf(pod.spec).map(nameOf));
  checkEach(errors, path, initContainers, (found, at, container) => {
    checkCommon(found, at, container, pod);
    checkRestartPolicy(found, at, container, true);
    const { name = '' } = container as Partial<Container>;
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    else if (name !== '') names.add(name);
    // Upstream tells conflicts within an init container as if it were the first.
    checkHostPorts(found, path, [container]);
    checkInitOnly(found, at, container, pod);
  });
};

const NOT_FOR_EPHEMERAL = 'cannot be set for an Ephemeral Container';
const FORBIDDEN_FIELDS = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const checkEphemeralOnly = (errors: Errors, path: string, container: EphemeralContainer): void => {
  for (const field of FORBIDDEN_FIELDS) {
    const value = container[field];
    // Empty lists count as set; resources are no pointer upstream, so that empty ones are none.
    const isNone = field === 'resources' ? Object.keys(value ?? {}).length === 0 : value === undefined;
    if (!isNone) errors.push(forbiddenField(`${path}.${field}`, NOT_FOR_EPHEMERAL));
  }
  container.volumeMounts?.forEach(({ subPath, subPathExpr }, index) => {
    const at = `${path}.volumeMounts[${index}]`;
    if (subPath) errors.push(forbiddenField(`${at}.subPath`, NOT_FOR_EPHEMERAL));
    if (subPathExpr) errors.push(forbiddenField(`${at}.subPathExpr`, NOT_FOR_EPHEMERAL));
  });
};

/** An image's name must not be padded; templates may hold such a name, pods may not. */
export const checkImagePadding = (errors: Errors, path: string, image: string | undefined): void => {
  if (image !== undefined && image.trim() !== image) {
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
};

/** The ephemeral containers of a pod. */
export const checkEphemeralContainers = (errors: Errors, path: string, pod: PodFacts): void => {
  const { initContainers = [], ephemeralContainers } = pod.spec;
  if (ephemeralContainers === undefined) return;
  const others = new Set([...containersOf(pod.spec), ...initContainers].map(nameOf));
  const names = new Set(others);
  checkEach(errors, path, ephemeralContainers, (found, at, container) => {
    checkCommon(found, at, container, pod);
    checkImagePadding(found, at, container.image);
    const { name = '', targetContainerName = '' } = container as Partial<EphemeralContainer>;
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    else names.add(name);
    if (targetContainerName !== '' && !others.has(targetContainerName)) {
      found.push(notFoundField(`${at}.targetContainerName`, targetContainerName));
    }
    checkEphemeralOnly(found, at, container);
  });
};

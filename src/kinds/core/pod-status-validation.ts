/** Rules of a pod's status (pkg/apis/core/validation ValidatePodStatusUpdate, 1.36). */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  internalFieldError,
  invalidValue,
  required,
} from '../../machinery/field-error.ts';
import { familyOf, parseIp, strictIp } from '../../machinery/ip.ts';
import { userOrGroupId } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  checkEach,
  checkImmutable,
  checkLength,
  checkOneOf,
  checkPresent,
  checkQualifiedName,
  checkRule,
  checkSubdomain,
  type Errors,
} from '../common/checks.ts';
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../generated/types.ts';
import { checkPodAnnotationUpdate } from './pod-update-validation.ts';
import { specOfPod } from './pod-validation.ts';

const SYSTEM_CONDITIONS = new Set(['PodScheduled', 'Ready', 'Initialized']);
const COUNT = 'must be a non-negative integer';

const checkConditions = (errors: Errors, conditions: readonly PodCondition[] | undefined): void =>
  checkEach(errors, 'status.conditions', conditions, (found, at, { type = '', observedGeneration = 0 }) => {
    if (observedGeneration < 0)
      found.push(invalidValue(`${at}.observedGeneration`, observedGeneration, COUNT));
    if (!SYSTEM_CONDITIONS.has(type)) checkQualifiedName(found, `${at}.Type`, type);
  });

const checkNomination = (errors: Errors, next: PodStatus, old: PodStatus, spec: PodSpec): void => {
  const { nominatedNodeName: name = '' } = next;
  if (name === '' || name === old.nominatedNodeName) return;
  checkSubdomain(errors, 'status.nominatedNodeName', name);
  if (!spec.nodeName) return;
  const detail = 'may not be set on pods that are already bound to a node';
  errors.push(forbiddenField('status.nominatedNodeName', detail));
};

const restartsAll = (spec: PodSpec): boolean =>
  [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === 'RestartAllContainers'),
  );

const restartsUnder = (policy: string | undefined, exitCode: number): boolean =>
  policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';

const mayRestart = (container: Container, spec: PodSpec, exitCode: number): boolean => {
  const { restartPolicy, restartPolicyRules = [] } = container;
  if (restartPolicy === undefined) return restartsUnder(spec.restartPolicy, exitCode);
  const matches = restartPolicyRules.some(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes !== undefined && (exitCodes.operator === 'In' ? listed : !listed);
  });
  return matches || restartsUnder(restartPolicy, exitCode);
};

type Statuses = readonly ContainerStatus[] | undefined;

/** What has ended stays so, unless it may be started again. */
const checkTransitions = (
  errors: Errors,
  path: string,
  next: Statuses,
  old: Statuses,
  allowed: (name: string, exitCode: number) => boolean,
): void => {
  old?.forEach(({ name, state }, index) => {
    if (!state?.terminated) return;
    const now = next?.find((status) => status.name === name);
    if (now === undefined || now.state?.terminated) return;
    if (allowed(name, state.terminated.exitCode ?? 0)) return;
    errors.push(forbiddenField(`${path}[${index}].state`, 'may not be transitioned to non-terminated state'));
  });
};

const checkAllTransitions = (errors: Errors, next: PodStatus, old: PodStatus, spec: PodSpec): void => {
  const among =
    (containers: readonly Container[] | undefined) =>
    (name: string, exitCode: number): boolean => {
      const container = containers?.find((one) => one.name === name);
      return container !== undefined && mayRestart(container, spec, exitCode);
    };
  if (!restartsAll(spec)) {
    const lists = [
      ['containerStatuses', spec.containers],
      ['initContainerStatuses', spec.initContainers],
    ] as const;
    for (const [field, containers] of lists) {
      checkTransitions(errors, `status.${field}`, next[field], old[field], among(containers));
    }
  }
  const field = 'ephemeralContainerStatuses';
  checkTransitions(errors, `status.${field}`, next[field], old[field], () => false);
};

const checkClaims = (errors: Errors, status: PodStatus, spec: PodSpec): void => {
  const seen = new Set<string>();
  checkEach(errors, 'status.resourceClaimStatuses', status.resourceClaimStatuses, (found, at, claim) => {
    const { name = '', resourceClaimName } = claim as { name?: string; resourceClaimName?: string };
    if (!(spec.resourceClaims ?? []).some((one) => one.name === name)) {
      const detail = 'must match the name of an entry in `spec.resourceClaims`';
      found.push(invalidValue(`${at}.name`, name, detail));
    }
    if (seen.has(name)) found.push(duplicate(`${at}.name`, name));
    seen.add(name);
    if (resourceClaimName !== undefined) checkSubdomain(found, `${at}.resourceClaimName`, resourceClaimName);
  });
};

interface Address {
  readonly ip?: string;
}

const checkAddresses = (
  errors: Errors,
  path: string,
  next: readonly Address[] | undefined,
  old: readonly Address[] | undefined,
): void => {
  const kept = new Set((old ?? []).map(({ ip }) => ip));
  const ips = (next ?? []).map(({ ip = '' }) => ip);
  ips.forEach((ip, index) => {
    if (!kept.has(ip)) checkRule(errors, `${path}[${index}]`, ip, strictIp(ip));
  });
  if (ips.length < 2) return;
  const parsed = ips.map((ip) => parseIp(ip, { leadingZeros: true }));
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) {
    const detail = `failed to check for dual stack with error:invalid IP[${bad}]: ${ips[bad]}`;
    errors.push(internalFieldError(path, detail));
  }
  const families = new Set(parsed.map((ip) => ip && familyOf(ip)));
  if (ips.length === 2 && families.size === 2 && bad < 0) return;
  const shown = ips.map((ip) => ({ IP: ip }));
  errors.push(invalidValue(path, shown, 'may specify no more than one IP for each IP family'));
};

const checkHostIp = (errors: Errors, status: PodStatus): void => {
  const [first] = status.hostIPs ?? [];
  if (first === undefined || (status.hostIP ?? '') === (first.ip ?? '')) return;
  errors.push(invalidValue('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`'));
};

const checkUsers = (errors: Errors, path: string, statuses: Statuses, os: string): void =>
  checkEach(errors, path, statuses, (found, at, { user }) => {
    const linux = user?.linux;
    if (linux === undefined) return;
    if (os === 'windows') {
      found.push(forbiddenField(`${at}.user.linux`, 'cannot be set for a windows pod'));
      return;
    }
    const check = (field: string, id: number): void => {
      for (const message of userOrGroupId(id))
        found.push(invalidValue(`${at}.user.linux.${field}`, id, message));
    };
    check('uid', linux.uid ?? 0);
    check('gid', linux.gid ?? 0);
    linux.supplementalGroups?.forEach((group, index) => {
      check(`supplementalGroups[${index}]`, group);
    });
  });

const HEALTH = ['Healthy', 'Unhealthy', 'Unknown'];
const MAX_HEALTH_MESSAGE = 1024;

const isKnownResource = (container: Container, name: string): boolean =>
  name.startsWith('claim:')
    ? (container.resources?.claims ?? []).some(
        ({ name: claim, request }) => name === `claim:${claim}${request ? `/${request}` : ''}`,
      )
    : container.resources?.requests?.[name] !== undefined;

const checkDevices = (
  errors: Errors,
  path: string,
  statuses: Statuses,
  containers: readonly Container[] | undefined,
): void =>
  checkEach(errors, path, statuses, (_, at, { name: owner, allocatedResourcesStatus }) => {
    const container = containers?.find(({ name }) => name === owner);
    checkEach(errors, `${at}.allocatedResourcesStatus`, allocatedResourcesStatus, (found, each, resource) => {
      const { name = '' } = resource as { name?: string };
      if (container !== undefined && !isKnownResource(container, name)) {
        const detail = name.startsWith('claim:')
          ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
          : "must match one of the container's resource requests";
        found.push(invalidValue(`${each}.name`, name, detail));
      }
      const seen = new Set<string>();
      checkEach(
        found,
        `${each}.resources`,
        resource.resources,
        (deeper, place, { resourceID = '', health, message }) => {
          checkOneOf(deeper, `${place}.health`, health, HEALTH);
          if (
            message !== undefined &&
            checkPresent(deeper, `${place}.message`, message, 'must be non-empty if specified')
          ) {
            checkLength(deeper, `${place}.message`, message, MAX_HEALTH_MESSAGE);
          }
          if (seen.has(resourceID)) deeper.push(duplicate(`${place}.resourceID`, resourceID));
          seen.add(resourceID);
        },
      );
    });
  });

const MAX_IMAGE_REF = 256;

const checkImageVolumes = (errors: Errors, path: string, statuses: Statuses): void =>
  checkEach(errors, path, statuses, (_, at, { volumeMounts }) =>
    checkEach(errors, `${at}.volumeMounts`, volumeMounts, (found, each, { volumeStatus }) => {
      if (volumeStatus?.image === undefined) return;
      const { imageRef = '' } = volumeStatus.image as { imageRef?: string };
      const field = `${each}.volumeStatus.imageVolumeStatus.imageRef`;
      if (imageRef === '') found.push(required(field, 'imageRef must not be empty'));
      checkLength(found, field, imageRef, MAX_IMAGE_REF);
    }),
  );

const LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

const checkContainers = (errors: Errors, status: PodStatus, spec: PodSpec): void => {
  for (const field of LISTS) checkUsers(errors, `status.${field}`, status[field], spec.os?.name ?? 'linux');
  checkDevices(errors, 'status.containerStatuses', status.containerStatuses, spec.containers);
  checkDevices(errors, 'status.initContainerStatuses', status.initContainerStatuses, spec.initContainers);
  status.ephemeralContainerStatuses?.forEach(({ allocatedResourcesStatus = [] }, index) => {
    if (allocatedResourcesStatus.length === 0) return;
    const at = `status.ephemeralContainerStatuses[${index}].allocatedResourcesStatus`;
    errors.push(forbiddenField(at, 'must not be specified in container status'));
  });
  for (const field of LISTS) checkImageVolumes(errors, `status.${field}`, status[field]);
};

const EMPTY = {} as PodStatus;

/** A pod's status. */
export const validatePodStatus = (object: KubeObject, before: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const [pod, old] = [object as Pod, before as Pod];
  const [next, was] = [pod.status ?? EMPTY, old.status ?? EMPTY];
  const spec = specOfPod(old);
  checkPodAnnotationUpdate(errors, pod, old);
  checkConditions(errors, next.conditions);
  checkNomination(errors, next, was, spec);
  const { observedGeneration = 0 } = next;
  if (observedGeneration < 0)
    errors.push(invalidValue('status.observedGeneration', observedGeneration, COUNT));
  checkImmutable(errors, 'status.qosClass', next.qosClass ?? '', was.qosClass ?? '');
  checkAllTransitions(errors, next, was, spec);
  checkClaims(errors, next, spec);
  checkAddresses(errors, 'status.podIPs', next.podIPs, was.podIPs);
  checkHostIp(errors, next);
  checkAddresses(errors, 'status.hostIPs', next.hostIPs, was.hostIPs);
  checkContainers(errors, next, spec);
  return errors;
};

/** Rules of security contexts of containers and pods (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { userOrGroupId } from '../../machinery/name-rules.ts';
import { checkLength, checkOneOf, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../generated/types.ts';
import { checkDescendingPath } from './path-checks.ts';
import { checkWindowsOptions } from './windows-validation.ts';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

const checkId = (errors: Errors, path: string, id: number | undefined): void => {
  if (id === undefined) return;
  for (const message of userOrGroupId(id)) errors.push(invalidValue(path, id, message));
};

const checkSeccomp = (errors: Errors, path: string, profile: SeccompProfile | undefined): void => {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile as Partial<SeccompProfile>;
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined)
      errors.push(required(at, 'must be set when seccomp type is Localhost'));
    else checkDescendingPath(errors, at, localhostProfile);
  } else if (localhostProfile !== undefined) {
    const shown = internalForm('SeccompProfile', profile);
    errors.push(invalidValue(at, shown, 'can only be set when seccomp type is Localhost'));
  }
};

const MAX_PATH = 4095;

const checkLocalAppArmor = (errors: Errors, at: string, profile: string | undefined): void => {
  const needed = 'must be set when AppArmor type is Localhost';
  if (profile === undefined) {
    errors.push(required(at, needed));
    return;
  }
  if (profile.trim() !== profile)
    errors.push(invalidValue(at, profile, 'must not be padded with whitespace'));
  else if (profile === '') errors.push(required(at, needed));
  checkLength(errors, at, profile, MAX_PATH);
};

const checkAppArmor = (errors: Errors, path: string, profile: AppArmorProfile | undefined): void => {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile as Partial<AppArmorProfile>;
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') checkLocalAppArmor(errors, at, localhostProfile);
  else if (type === '') errors.push(required(`${path}.type`, 'type is required when appArmorProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  else if (localhostProfile !== undefined) {
    errors.push(invalidValue(at, localhostProfile, 'can only be set when AppArmor type is Localhost'));
  }
};

const checkProcMount = (errors: Errors, path: string, type: string | undefined, hostUsers: boolean): void => {
  if (type === undefined) return;
  checkOneOf(errors, path, type, ['Default', 'Unmasked']);
  if (hostUsers && type === 'Unmasked') {
    errors.push(invalidValue(path, type, '`hostUsers` must be false to use `Unmasked`'));
  }
};

const checkEscalation = (errors: Errors, path: string, context: SecurityContext): void => {
  if (context.allowPrivilegeEscalation !== false) return;
  const refuse = (detail: string): void => {
    errors.push(invalidValue(path, internalForm('SecurityContext', context), detail));
  };
  if (context.privileged === true)
    refuse('cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue;
    refuse('cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
  }
};

/** A container's security context; `hostUsers` tells whether the pod shares the users of its node. */
export const checkSecurityContext = (
  errors: Errors,
  path: string,
  context: SecurityContext | undefined,
  hostUsers: boolean,
): void => {
  if (context === undefined) return;
  checkId(errors, `${path}.runAsUser`, context.runAsUser);
  checkId(errors, `${path}.runAsGroup`, context.runAsGroup);
  checkProcMount(errors, `${path}.procMount`, context.procMount, hostUsers);
  checkSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
  checkEscalation(errors, path, context);
  checkWindowsOptions(errors, `${path}.windowsOptions`, context.windowsOptions);
  checkAppArmor(errors, `${path}.appArmorProfile`, context.appArmorProfile);
};

const SYSCTL_PATTERN = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const SYSCTL = new RegExp(SYSCTL_PATTERN);
const MAX_SYSCTL = 253;

const IPC_SYSCTLS = new Set(['kernel/sem']);
const isIpcSysctl = (name: string): boolean =>
  IPC_SYSCTLS.has(name) ||
  name.startsWith('kernel/shm') ||
  name.startsWith('kernel/msg') ||
  name.startsWith('fs/mqueue/');

/** Dots and slashes may stand for each other, whichever comes first separates. */
const normalSysctl = (name: string): string => {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '.') return name;
  return name.replace(/[./]/g, (char) => (char === '.' ? '/' : '.'));
};

const checkSysctls = (errors: Errors, path: string, spec: PodSpec): void => {
  const seen = new Set<string>();
  (spec.securityContext?.sysctls ?? []).forEach(({ name = '' }: { name?: string }, index) => {
    const at = `${path}[${index}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > MAX_SYSCTL || !SYSCTL.test(name)) {
      const detail = `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL_PATTERN}`;
      errors.push(invalidValue(at, name, detail));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    const normal = normalSysctl(name);
    if (spec.hostNetwork === true && normal.startsWith('net/')) {
      errors.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC === true && isIpcSysctl(normal)) {
      errors.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
  });
};

const checkChoice = (
  errors: Errors,
  path: string,
  value: string | undefined,
  choices: readonly string[],
): void => {
  if (value !== undefined && !choices.includes(value)) errors.push(notSupported(path, value, choices));
};

/** A pod's security context together with the host namespaces of its spec. */
export const checkPodSecurityContext = (errors: Errors, path: string, spec: PodSpec): void => {
  const context = spec.securityContext ?? {};
  checkId(errors, `${path}.fsGroup`, context.fsGroup);
  checkId(errors, `${path}.runAsUser`, context.runAsUser);
  checkId(errors, `${path}.runAsGroup`, context.runAsGroup);
  context.supplementalGroups?.forEach((group, index) => {
    checkId(errors, `${path}.supplementalGroups[${index}]`, group);
  });
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true, detail));
  }
  if (context.sysctls !== undefined) checkSysctls(errors, `${path}.sysctls`, spec);
  checkChoice(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, [
    'Always',
    'OnRootMismatch',
  ]);
  checkSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
  checkWindowsOptions(errors, `${path}.windowsOptions`, context.windowsOptions);
  checkAppArmor(errors, `${path}.appArmorProfile`, context.appArmorProfile);
  checkChoice(errors, `${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, [
    'Merge',
    'Strict',
  ]);
  checkChoice(errors, `${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, [
    'MountOption',
    'Recursive',
  ]);
};

/** What a pod with users of its own cannot share with its node. */
export const checkHostUsers = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  containers: readonly (readonly [string, { readonly volumeDevices?: readonly unknown[] }])[],
): void => {
  if (spec.hostUsers !== false) return;
  const detail = 'when `hostUsers` is false';
  if (spec.hostNetwork) errors.push(forbiddenField(`${path}.hostNetwork`, detail));
  if (spec.hostPID) errors.push(forbiddenField(`${path}.HostPID`, detail));
  if (spec.hostIPC) errors.push(forbiddenField(`${path}.HostIPC`, detail));
  for (const [at, container] of containers) {
    if ((container.volumeDevices ?? []).length > 0)
      errors.push(forbiddenField(`${at}.volumeDevices`, detail));
  }
};

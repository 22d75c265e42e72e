/** Rules of Windows options and of pods that name their operating system (pkg/apis/core/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { checkSubdomain, type Errors } from '../common/checks.ts';
import type { PodSpec, SecurityContext, WindowsSecurityContextOptions } from '../generated/types.ts';

const MAX_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;

const CONTROL = /[\x00-\x1f\x7f]/;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const BAD_USER_CHARS = /["/\\:;|=,+*?<>@[\]]/;
const ONLY_DOTS = /^[. ]+$/;

const userComplaints = (user: string): string[] => {
  const found: string[] = [];
  const length = utf8Length(user);
  if (length === 0) found.push("runAsUserName's User cannot be empty");
  else if (length > MAX_USER) {
    found.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`);
  }
  if (ONLY_DOTS.test(user)) found.push("runAsUserName's User cannot contain only periods or spaces");
  if (BAD_USER_CHARS.test(user)) {
    found.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  }
  return found;
};

const domainComplaints = (domain: string): string[] => {
  const found: string[] = [];
  if (utf8Length(domain) >= MAX_DOMAIN) {
    found.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`);
  }
  if (!NET_BIOS.test(domain) && !DNS.test(domain)) {
    found.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  return found;
};

const nameComplaints = (name: string): string[] => {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (CONTROL.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const [domain = '', user = ''] = parts;
  return parts.length === 1 ? userComplaints(domain) : [...domainComplaints(domain), ...userComplaints(user)];
};

/** Windows options of a pod or a container; absent is fine. */
export const checkWindowsOptions = (
  errors: Errors,
  path: string,
  options: WindowsSecurityContextOptions | undefined,
): void => {
  if (options === undefined) return;
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) {
    checkSubdomain(errors, `${path}.gmsaCredentialSpecName`, gmsaCredentialSpecName);
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = `${path}.gmsaCredentialSpec`;
    const length = utf8Length(gmsaCredentialSpec);
    if (length === 0) errors.push(invalidValue(at, '', 'gmsaCredentialSpec cannot be an empty string'));
    else if (length > MAX_SPEC_KIB * 1024) {
      errors.push(
        invalidValue(at, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${MAX_SPEC_KIB} KiB`),
      );
    }
  }
  if (runAsUserName === undefined) return;
  for (const detail of nameComplaints(runAsUserName)) {
    errors.push(invalidValue(`${path}.runAsUserName`, runAsUserName, detail));
  }
};

interface WithContext {
  readonly securityContext?: SecurityContext;
}

/** Containers of all kinds with their paths. */
export type PlacedContainers = readonly (readonly [string, WithContext])[];

const checkHostProcessUse = (errors: Errors, path: string, spec: PodSpec): void => {
  if (spec.hostNetwork === true) return;
  const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
  errors.push(invalidValue(`${path}.hostNetwork`, false, detail));
};

/** Host process containers: all or none, on the node's network. */
export const checkHostProcess = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  containers: PlacedContainers,
): void => {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  for (const [at, container] of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? ofPod) count += 1;
  }
  if (count === 0) return;
  if (count !== containers.length) {
    const detail =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalidValue(path, '', detail));
  }
  checkHostProcessUse(errors, path, spec);
};

const CONTEXT_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

const NOT_WINDOWS = 'cannot be set for a windows pod';

const checkWindows = (errors: Errors, path: string, spec: PodSpec, containers: PlacedContainers): void => {
  const context = spec.securityContext ?? {};
  const inContext = (...names: readonly (keyof typeof context)[]): void => {
    for (const name of names) {
      const value = context[name];
      if (value === undefined) continue;
      errors.push(forbiddenField(`${path}.securityContext.${name}`, NOT_WINDOWS));
    }
  };
  inContext('appArmorProfile', 'seLinuxOptions');
  if (spec.hostUsers !== undefined) errors.push(forbiddenField(`${path}.hostUsers`, NOT_WINDOWS));
  if (spec.hostPID) errors.push(forbiddenField(`${path}.hostPID`, NOT_WINDOWS));
  if (spec.hostIPC) errors.push(forbiddenField(`${path}.hostIPC`, NOT_WINDOWS));
  inContext('seccompProfile', 'fsGroup', 'fsGroupChangePolicy');
  if ((context.sysctls ?? []).length > 0) inContext('sysctls');
  if (spec.shareProcessNamespace !== undefined) {
    errors.push(forbiddenField(`${path}.shareProcessNamespace`, NOT_WINDOWS));
  }
  inContext(
    'runAsUser',
    'runAsGroup',
    'supplementalGroups',
    'supplementalGroupsPolicy',
    'seLinuxChangePolicy',
  );
  for (const [at, container] of containers) {
    for (const name of CONTEXT_FIELDS) {
      if (container.securityContext?.[name] === undefined) continue;
      errors.push(forbiddenField(`${at}.securityContext.${name}`, NOT_WINDOWS));
    }
  }
};

const checkLinux = (errors: Errors, path: string, spec: PodSpec, containers: PlacedContainers): void => {
  const detail = 'windows options cannot be set for a linux pod';
  const placed: PlacedContainers = [[path, spec as WithContext], ...containers];
  for (const [at, owner] of placed) {
    if (owner.securityContext?.windowsOptions !== undefined) {
      errors.push(forbiddenField(`${at}.securityContext.windowsOptions`, detail));
    }
  }
};

/** The operating system a pod names, and what does not go with it. */
export const checkPodOs = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  containers: PlacedContainers,
): void => {
  if (spec.os === undefined) return;
  const { name = '' } = spec.os as { readonly name?: string };
  if (name === '') errors.push(required(`${path}.os.name`));
  else if (name === 'linux') checkLinux(errors, path, spec, containers);
  else if (name === 'windows') checkWindows(errors, path, spec, containers);
  else errors.push(notSupported(`${path}.os`, name, ['linux', 'windows']));
};

/** Rules of a pod's spec, in pods and in templates (pkg/apis/core/validation ValidatePodSpec, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundField,
  required,
  tooLong,
} from '../../machinery/field-error.ts';
import { strictIp } from '../../machinery/ip.ts';
import { dns1123SubdomainWithUnderscore, inclusiveRange } from '../../machinery/name-rules.ts';
import {
  checkEach,
  checkLabelName,
  checkLabels,
  checkPresent,
  checkQualifiedName,
  checkRequiredOneOf,
  checkRule,
  checkSubdomain,
  type Errors,
} from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import type {
  Container,
  HostAlias,
  PodDNSConfig,
  PodResourceClaim,
  PodSchedulingGate,
  PodSpec,
} from '../generated/types.ts';
import { checkAffinity, checkSpreading } from './affinity-validation.ts';
import {
  checkContainers,
  checkEphemeralContainers,
  checkInitContainers,
  type PodFacts,
} from './container-validation.ts';
import { checkPodResources } from './pod-resources-validation.ts';
import { checkRequirements } from './resource-requirements-validation.ts';
import { checkHostUsers, checkPodSecurityContext } from './security-context-validation.ts';
import { checkTolerations } from './taint-validation.ts';
import { checkVolumes } from './volume-validation.ts';
import { checkHostProcess, checkPodOs } from './windows-validation.ts';

/** Where a spec stands, which decides some rules. */
export interface SpecPlace {
  /** The pod's name; '' in templates. */
  readonly podName: string;
  readonly isPod: boolean;
  /** Whether the pod mirrors a file of its node. */
  readonly isMirror: boolean;
}

/** The place of a template. */
export const TEMPLATE: SpecPlace = { podName: '', isPod: false, isMirror: false };

export type PlacedContainer = readonly [path: string, container: Container];

/** All containers of a spec with their paths, as upstream visits them. */
export const placedContainers = (path: string, spec: PodSpec): PlacedContainer[] => {
  const { initContainers = [], ephemeralContainers = [] } = spec;
  const containers = (spec.containers as PodSpec['containers'] | null | undefined) ?? [];
  return [
    ...initContainers.map(
      (container, index): PlacedContainer => [`${path}.initContainers[${index}]`, container],
    ),
    ...containers.map((container, index): PlacedContainer => [`${path}.containers[${index}]`, container]),
    ...ephemeralContainers.map(
      (container, index): PlacedContainer => [`${path}.ephemeralContainers[${index}]`, container],
    ),
  ];
};

const checkClaim = (errors: Errors, path: string, claim: PodResourceClaim, names: Set<string>): void => {
  const { name = '', resourceClaimName, resourceClaimTemplateName } = claim as Partial<PodResourceClaim>;
  if (name === '') errors.push(required(`${path}.name`));
  else if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  else {
    checkLabelName(errors, `${path}.name`, name);
    names.add(name);
  }
  const shown = (): unknown => internalForm('PodResourceClaim', claim);
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
    errors.push(invalidValue(path, shown(), detail));
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    const detail = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
    errors.push(invalidValue(path, shown(), detail));
  }
  if (resourceClaimName !== undefined) checkSubdomain(errors, `${path}.resourceClaimName`, resourceClaimName);
  if (resourceClaimTemplateName !== undefined) {
    checkSubdomain(errors, `${path}.resourceClaimTemplateName`, resourceClaimTemplateName);
  }
};

const checkClaims = (errors: Errors, path: string, spec: PodSpec, place: SpecPlace): Set<string> => {
  const given = new Set<string>();
  const names = new Set<string>();
  checkEach(errors, path, spec.resourceClaims, (found, at, claim) => {
    if (claim.name) given.add(claim.name);
    if (place.isMirror) found.push(forbiddenField('[]', 'static pods do not support resource claims'));
    else checkClaim(found, at, claim, names);
  });
  return given;
};

/** On the node's network a container's port is the node's; templates may leave that to the pod. */
const checkHostNetwork = (errors: Errors, path: string, spec: PodSpec, place: SpecPlace): void => {
  if (spec.hostNetwork !== true) return;
  spec.containers?.forEach(({ ports = [] }, index) => {
    ports.forEach(({ hostPort = 0, containerPort = 0 }, port) => {
      if ((!place.isPod && hostPort === 0) || hostPort === containerPort) return;
      const at = `${path}.containers[${index}].ports[${port}].hostPort`;
      errors.push(invalidValue(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    });
  });
};

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARS = 2048;

const checkSearches = (errors: Errors, path: string, searches: readonly string[]): void => {
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalidValue(path, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  }
  if (utf8Length(searches.join(' ')) > MAX_SEARCH_CHARS) {
    const detail = `must not have more than ${MAX_SEARCH_CHARS} characters (including spaces) in the search list`;
    errors.push(invalidValue(path, searches, detail));
  }
  checkEach(errors, path, searches, (found, at, search) => {
    if (search === '.') return;
    const domain = search.endsWith('.') ? search.slice(0, -1) : search;
    checkRule(found, at, domain, dns1123SubdomainWithUnderscore(domain));
  });
};

const checkDns = (errors: Errors, path: string, spec: PodSpec): void => {
  const { dnsConfig: config, dnsPolicy } = spec as { dnsConfig?: PodDNSConfig; dnsPolicy?: string };
  const servers = config?.nameservers ?? [];
  if (dnsPolicy === 'None' && config === undefined) {
    errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    return;
  }
  if (dnsPolicy === 'None' && servers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(required(`${path}.nameservers`, detail));
    return;
  }
  if (config === undefined) return;
  if (servers.length > MAX_NAMESERVERS) {
    const detail = `must not have more than ${MAX_NAMESERVERS} nameservers`;
    errors.push(invalidValue(`${path}.nameservers`, servers, detail));
  }
  checkEach(errors, `${path}.nameservers`, servers, (found, at, ip) =>
    checkRule(found, at, ip, strictIp(ip)),
  );
  if (config.searches !== undefined) checkSearches(errors, `${path}.searches`, config.searches);
  checkEach(errors, `${path}.options`, config.options, (found, at, { name }) => {
    checkPresent(found, at, name, 'must not be empty');
  });
};

const checkGates = (errors: Errors, path: string, gates: readonly PodSchedulingGate[] | undefined): void => {
  const seen = new Set<string>();
  checkEach(errors, path, gates, (found, at, { name = '' }: Partial<PodSchedulingGate>) => {
    checkQualifiedName(found, at, name);
    if (seen.has(name)) found.push(duplicate(at, name));
    seen.add(name);
  });
};

const checkHostname = (errors: Errors, path: string, spec: PodSpec): void => {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return;
  const at = `${path}.hostnameOverride`;
  if (spec.setHostnameAsFQDN === true) {
    errors.push(forbiddenField(at, 'may not be specified when setHostnameAsFQDN is true'));
  }
  if (spec.hostNetwork === true)
    errors.push(forbiddenField(at, 'may not be specified when hostNetwork is true'));
  if (utf8Length(name) > 64) errors.push(tooLong(at, 64));
  checkSubdomain(errors, at, name);
};

const checkHostAlias = (errors: Errors, path: string, alias: HostAlias): void => {
  const { ip = '', hostnames } = alias as Partial<HostAlias>;
  checkRule(errors, `${path}.ip`, ip, strictIp(ip));
  checkEach(errors, `${path}.hostnames`, hostnames, checkSubdomain);
};

const MAX_INT32 = 2 ** 31 - 1;

/** Names of other objects and of the pod itself. */
const checkNames = (errors: Errors, path: string, spec: PodSpec): void => {
  if (spec.serviceAccountName) checkSubdomain(errors, `${path}.serviceAccountName`, spec.serviceAccountName);
  if (spec.nodeName) checkSubdomain(errors, `${path}.nodeName`, spec.nodeName);
  const { activeDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, MAX_INT32)));
  }
  if (spec.hostname) checkLabelName(errors, `${path}.hostname`, spec.hostname);
  if (spec.subdomain) checkLabelName(errors, `${path}.subdomain`, spec.subdomain);
  checkTolerations(errors, `${path}.tolerations`, spec.tolerations);
  checkEach(errors, `${path}.hostAliases`, spec.hostAliases, checkHostAlias);
  if (spec.priorityClassName) checkSubdomain(errors, `${path}.priorityClassName`, spec.priorityClassName);
  const { runtimeClassName, preemptionPolicy } = spec;
  if (runtimeClassName !== undefined) checkSubdomain(errors, `${path}.runtimeClassName`, runtimeClassName);
  if (preemptionPolicy !== undefined) {
    checkRequiredOneOf(errors, `${path}.preemptionPolicy`, preemptionPolicy, [
      'PreemptLowerPriority',
      'Never',
    ]);
  }
};

/** Variables read from files need the volume the file lies in, and an empty one. */
const checkFileVolumes = (errors: Errors, spec: PodSpec, containers: readonly PlacedContainer[]): void => {
  for (const [at, { env }] of containers) {
    env?.forEach(({ valueFrom }, index) => {
      const ref = valueFrom?.fileKeyRef;
      if (ref === undefined) return;
      const { volumeName = '' } = ref as { volumeName?: string };
      const path = `${at}.env[${index}].valueFrom.fileKeyRef.volumeName`;
      const volume = (spec.volumes ?? []).findLast(({ name }) => (name ?? '') === volumeName);
      if (volume === undefined) errors.push(notFoundField(path, volumeName));
      else if (!volume.emptyDir)
        errors.push(invalidValue(path, volumeName, 'referenced volume must be of type emptyDir'));
    });
  }
};

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const NO_CLAIMS: ReadonlySet<string> = new Set();

const checkSchedulingGroup = (errors: Errors, path: string, spec: PodSpec): void => {
  if (spec.schedulingGroup === undefined) return;
  const { podGroupName } = spec.schedulingGroup;
  if (podGroupName === undefined) {
    errors.push(invalidValue(`${path}.podGroupName`, null, 'must specify one of: `podGroupName`'));
  } else checkSubdomain(errors, `${path}.podGroupName`, podGroupName);
};

/** Everything about placing and naming, which follows the containers. */
const checkRest = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  place: SpecPlace,
  containers: readonly PlacedContainer[],
): void => {
  checkHostNetwork(errors, path, spec, place);
  checkRequiredOneOf(errors, `${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES);
  checkRequiredOneOf(errors, `${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES);
  checkLabels(errors, `${path}.nodeSelector`, spec.nodeSelector);
  checkPodSecurityContext(errors, `${path}.securityContext`, spec);
  checkAffinity(errors, `${path}.affinity`, spec.affinity);
  checkDns(errors, `${path}.dnsConfig`, spec);
  checkEach(errors, `${path}.readinessGates`, spec.readinessGates, (found, at, { conditionType }) =>
    checkQualifiedName(found, `${at}.conditionType`, conditionType ?? ''),
  );
  checkGates(errors, `${path}.schedulingGates`, spec.schedulingGates);
  checkSpreading(errors, `${path}.topologySpreadConstraints`, spec.topologySpreadConstraints);
  checkHostProcess(errors, path, spec, containers);
  checkHostUsers(errors, path, spec, containers);
  checkHostname(errors, path, spec);
  checkNames(errors, path, spec);
  if (spec.overhead !== undefined) {
    checkRequirements(errors, `${path}.overhead`, { limits: spec.overhead }, NO_CLAIMS);
  }
  checkPodOs(errors, path, spec, containers);
  checkSchedulingGroup(errors, `${path}.schedulingGroup`, spec);
  checkFileVolumes(errors, spec, containers);
};

/** The whole spec. `containers` are `placedContainers(path, spec)`. */
export const checkPodSpec = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  place: SpecPlace,
  containers: readonly PlacedContainer[],
): void => {
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(required(`${path}.terminationGracePeriodSeconds`));
  const volumes = checkVolumes(errors, `${path}.volumes`, spec.volumes, place);
  const claims = checkClaims(errors, `${path}.resourceClaims`, spec, place);
  const facts: PodFacts = { spec, volumes, claims };
  checkContainers(errors, `${path}.containers`, facts);
  checkInitContainers(errors, `${path}.initContainers`, facts);
  checkEphemeralContainers(errors, `${path}.ephemeralContainers`, facts);
  checkPodResources(errors, `${path}.resources`, spec, claims);
  checkRest(errors, path, spec, place, containers);
};

/** Checks the restricted level adds to the baseline, by id. */

import type { Volume } from '../../kinds/generated/types.ts';
import { describeAddedCapabilities, procMount, seccompFields } from './baseline.ts';
import {
  type CheckPod,
  containersOf,
  distinct,
  exceptUserNamespaces,
  exceptWindows,
  failing,
  nameContainers,
  nameSetters,
  type PodSecurityCheck,
  plural,
  quoteAll,
} from './check.ts';

const allowPrivilegeEscalation: CheckPod = ({ spec }) => {
  const names = failing(spec, (one) => one.securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${nameContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: CheckPod = ({ spec }) => {
  const keeping = failing(spec, (one) => !(one.securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const added = describeAddedCapabilities(containersOf(spec), ['NET_BIND_SERVICE']);
  const details = [
    ...(keeping.length > 0
      ? [`${nameContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(added === undefined ? [] : [added]),
  ];
  return details.length === 0
    ? undefined
    : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const volumeTypeOf = (volume: Volume): string =>
  Object.keys(volume).find((key) => key !== 'name' && volume[key as keyof Volume] !== undefined) ??
  'emptyDir';

const restrictedVolumes: CheckPod = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.includes(volumeTypeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = distinct(bad.map(volumeTypeOf));
  const who = `${plural('volume', 'volumes', bad.length)} ${quoteAll(bad.map((volume) => volume.name))}`;
  const what = plural('restricted volume type', 'restricted volume types', types.length);
  return {
    reason: 'restricted volume types',
    detail: `${who} ${plural('uses', 'use', bad.length)} ${what} ${quoteAll(types)}`,
  };
};

const runAsNonRoot: CheckPod = ({ spec }) => {
  const onPod = spec.securityContext?.runAsNonRoot;
  const denying = failing(spec, (one) => one.securityContext?.runAsNonRoot === false);
  if (onPod === false || denying.length > 0) {
    const detail = `${nameSetters(onPod === false, denying)} must not set securityContext.runAsNonRoot=false`;
    return { reason: 'runAsNonRoot != true', detail };
  }
  const silent = failing(spec, (one) => one.securityContext?.runAsNonRoot === undefined);
  if (onPod === true || silent.length === 0) return undefined;
  return {
    reason: 'runAsNonRoot != true',
    detail: `pod or ${nameContainers(silent)} must set securityContext.runAsNonRoot=true`,
  };
};

const runAsUser: CheckPod = ({ spec }) => {
  const pod = spec.securityContext?.runAsUser === 0;
  const names = failing(spec, (one) => one.securityContext?.runAsUser === 0);
  if (!pod && names.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${nameSetters(pod, names)} must not set runAsUser=0` };
};

const seccompRequired: CheckPod = (pod) => {
  const wrong = seccompFields(pod);
  if (wrong !== undefined) return wrong;
  if (pod.spec.securityContext?.seccompProfile !== undefined) return undefined;
  const silent = failing(pod.spec, (one) => one.securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${nameContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

export const restrictedChecks: readonly PodSecurityCheck[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      [8, allowPrivilegeEscalation],
      [25, exceptWindows(allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    overrides: ['capabilities_baseline'],
    versions: [
      [22, capabilities],
      [25, exceptWindows(capabilities)],
    ],
  },
  { id: 'procMount_restricted', overrides: ['procMount_baseline'], versions: [[35, procMount]] },
  { id: 'restrictedVolumes', overrides: ['hostPathVolumes'], versions: [[0, restrictedVolumes]] },
  {
    id: 'runAsNonRoot',
    versions: [
      [0, runAsNonRoot],
      [35, exceptUserNamespaces(runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      [23, runAsUser],
      [35, exceptUserNamespaces(runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    overrides: ['seccompProfile_baseline'],
    versions: [
      [19, seccompRequired],
      [25, exceptWindows(seccompRequired)],
    ],
  },
];

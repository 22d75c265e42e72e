/** Warnings about pods and pod templates (upstream: pkg/api/pod/warnings.go, 1.36). */

import { dns1123Label } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { oldLabelMessage, selectorTermWarnings } from '../common/label-warnings.ts';
import type { Pod, PodAffinity, PodSpec, PodTemplateSpec } from '../generated/types.ts';
import { BYTES, containerWarnings, portWarnings } from './container-warnings.ts';
import { fractionWarnings } from './resource-warnings.ts';
import { volumeWarnings } from './volume-warnings.ts';

interface Meta {
  readonly annotations?: Readonly<Record<string, string>>;
}

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';

const OLD_ANNOTATIONS: readonly (readonly [string, string])[] = [
  [
    'scheduler.alpha.kubernetes.io/critical-pod',
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  [
    'security.alpha.kubernetes.io/unsafe-sysctls',
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
];

const NULL_SELECTOR = 'a null labelSelector results in matching no pod';

const nodeWarnings = (spec: PodSpec, path: string): string[] => {
  const warnings: string[] = [];
  for (const label of Object.keys(spec.nodeSelector ?? {})) {
    const message = oldLabelMessage(label);
    if (message) warnings.push(`${path}.nodeSelector[${label}]: ${message}`);
  }
  const affinity = spec.affinity?.nodeAffinity;
  const at = `${path}.affinity.nodeAffinity`;
  const required = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  for (const [index, term] of (
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  ).entries()) {
    warnings.push(...selectorTermWarnings(term, `${required}[${index}]`));
  }
  const preferred = `${at}.preferredDuringSchedulingIgnoredDuringExecution`;
  for (const [index, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    warnings.push(...selectorTermWarnings(term.preference, `${preferred}[${index}].preference`));
  }
  return warnings;
};

const spreadWarnings = (spec: PodSpec, path: string): string[] =>
  (spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const message = oldLabelMessage(topologyKey);
    return [
      ...(message ? [`${at}.topologyKey: ${topologyKey} is ${message}`] : []),
      ...(labelSelector ? [] : [`${at}.labelSelector: ${NULL_SELECTOR}`]),
    ];
  });

const annotationWarnings = (meta: Meta | undefined, prefix: string): string[] =>
  OLD_ANNOTATIONS.filter(([key]) => meta?.annotations?.[key] !== undefined).map(
    ([key, message]) => `${prefix}metadata.annotations[${key}]: ${message}`,
  );

/** Later items that repeat a key are told. */
const duplicates = (values: readonly string[], print: (value: string, index: number) => string): string[] => {
  const known = new Set<string>();
  return values.flatMap((value, index) => {
    const again = known.has(value);
    known.add(value);
    return again ? [print(value, index)] : [];
  });
};

const listWarnings = (spec: PodSpec, path: string): string[] => {
  const hosts = (spec.hostAliases ?? []).map(({ ip }) => ip);
  const secrets = (spec.imagePullSecrets ?? []).map(({ name }) => name ?? '');
  const at = (index: number) => `${path}.imagePullSecrets[${index}].name`;
  return [
    ...duplicates(hosts, (ip, index) => `${path}.hostAliases[${index}].ip: duplicate ip "${ip}"`),
    ...duplicates(secrets, (name, index) => `${at(index)}: duplicate name "${name}"`),
    ...secrets.flatMap((name, index) => (name === '' ? [`${at(index)}: invalid empty name ""`] : [])),
  ];
};

const podAffinityWarnings = (affinity: PodAffinity | undefined, path: string): string[] => [
  ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
    term.labelSelector
      ? []
      : [`${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${NULL_SELECTOR}`],
  ),
  ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector`;
    return term.podAffinityTerm.labelSelector ? [] : [`${at}: ${NULL_SELECTOR}`];
  }),
];

const specWarnings = (spec: PodSpec, meta: Meta | undefined, prefix: string): string[] => {
  const path = `${prefix}spec`;
  const warnings = [
    ...nodeWarnings(spec, path),
    ...spreadWarnings(spec, path),
    ...annotationWarnings(meta, prefix),
    ...volumeWarnings(spec.volumes, path),
    ...listWarnings(spec, path),
    ...fractionWarnings(spec.overhead, `${path}.overhead`, BYTES),
  ];
  if (!spec.securityContext?.seccompProfile && meta?.annotations?.[SECCOMP] !== undefined) {
    const text = 'non-functional in v1.27+; use the "seccompProfile" field instead';
    warnings.push(`${prefix}metadata.annotations[${SECCOMP}]: ${text}`);
  }
  warnings.push(...containerWarnings(spec, meta?.annotations, prefix), ...portWarnings(spec, path));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    warnings.push(`${path}.terminationGracePeriodSeconds: ${text}`);
  }
  return [
    ...warnings,
    ...podAffinityWarnings(spec.affinity?.podAffinity, `${path}.affinity.podAffinity`),
    ...podAffinityWarnings(spec.affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`),
  ];
};

/** Warnings about a pod template at `path`. */
export const templateWarnings = (template: PodTemplateSpec | undefined, path: string): string[] =>
  template?.spec ? specWarnings(template.spec, template.metadata, `${path}.`) : [];

/** Names that end up in host names should be DNS labels; `use` says what for. */
export const nameWarnings = (object: KubeObject, use = 'Pod names and hostnames'): string[] => {
  const messages = dns1123Label(object.metadata.name ?? '');
  if (messages.length === 0) return [];
  const text = `this is used in ${use}, which can result in surprising behavior; a DNS label is recommended`;
  return [`metadata.name: ${text}: [${messages.join(' ')}]`];
};

/** Warnings about a new pod; upstream says nothing on updates, which machines make. */
export const podWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  const { spec, metadata } = object as Pod;
  if (old || !spec) return [];
  return [...nameWarnings(object, "the Pod's hostname"), ...specWarnings(spec, metadata, '')];
};

interface Templated extends KubeObject {
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** Warnings of a kind with a template at `spec.template`: when it is new, or when its generation moved. */
export const workloadWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  if (old && old.metadata.generation === object.metadata.generation) return [];
  const template = templateWarnings((object as Templated).spec?.template, 'spec.template');
  return old ? template : [...nameWarnings(object), ...template];
};

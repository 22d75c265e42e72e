/** What a pod security check is, and the wording its findings share (k8s.io/pod-security-admission/policy, 1.36). */

import type { Container, PodSpec } from '../../kinds/generated/types.ts';

export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** A violation: a short reason and what exactly is wrong. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}

export type CheckPod = (pod: CheckedPod) => Finding | undefined;

/** A check with the minor version each form of it applies from, oldest first. */
export interface PodSecurityCheck {
  readonly id: string;
  readonly versions: readonly (readonly [since: number, check: CheckPod])[];
  /** Checks of the baseline level that this one replaces at the restricted level. */
  readonly overrides?: readonly string[];
}

/** Init containers, containers, ephemeral containers: the order of names in findings. */
export const containersOf = (spec: PodSpec): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...((spec.ephemeralContainers ?? []) as readonly Container[]),
];

/** Names of the containers that fail a test. */
export const failing = (spec: PodSpec, isBad: (container: Container) => boolean): string[] =>
  containersOf(spec)
    .filter(isBad)
    .map((container) => container.name);

export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);

/** `"a", "b"` */
export const quoteAll = (values: readonly string[]): string =>
  values.length === 0 ? '' : `"${values.join('", "')}"`;

/** Distinct values in byte order. */
export const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** `container "a"`, `containers "a", "b"` */
export const nameContainers = (names: readonly string[]): string =>
  `${plural('container', 'containers', names.length)} ${quoteAll(names)}`;

/** `pod and container "a"`: who set something it must not. */
export const nameSetters = (pod: boolean, names: readonly string[]): string =>
  [...(pod ? ['pod'] : []), ...(names.length > 0 ? [nameContainers(names)] : [])].join(' and ');

export const isWindows = (spec: PodSpec): boolean => spec.os?.name === 'windows';

/** A pod in a user namespace: root inside is nobody outside. */
export const hasUserNamespace = (spec: PodSpec): boolean => spec.hostUsers === false;

/** The check with Windows pods let through. */
export const exceptWindows =
  (check: CheckPod): CheckPod =>
  (pod) =>
    isWindows(pod.spec) ? undefined : check(pod);

/** The check with pods in user namespaces let through. */
export const exceptUserNamespaces =
  (check: CheckPod): CheckPod =>
  (pod) =>
    hasUserNamespace(pod.spec) ? undefined : check(pod);

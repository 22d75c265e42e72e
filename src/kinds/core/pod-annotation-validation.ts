/** Rules of annotations that mean something to pods (pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue } from '../../machinery/field-error.ts';
import type { Errors, TextMap } from '../common/checks.ts';
import type { AppArmorProfile, Container, PodSpec, SeccompProfile } from '../generated/types.ts';
import { checkDescendingPath } from './path-checks.ts';
import { APP_ARMOR } from './pod-armor.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Containers of all kinds with their paths. */
export type Placed = readonly (readonly [string, Pick<Container, 'name' | 'securityContext'>])[];

const checkSeccompText = (errors: Errors, path: string, profile: string): void => {
  if (profile === 'runtime/default' || profile === 'docker/default' || profile === 'unconfined') return;
  if (profile.startsWith('localhost/')) checkDescendingPath(errors, path, profile.slice('localhost/'.length));
  else errors.push(invalidValue(path, profile, 'must be a valid seccomp profile'));
};

const isInt32 = (text: string): boolean => {
  // No plus sign and no leading zeros, but after a minus sign upstream reads on.
  if (!/^(?:[1-9][0-9]*|0|-[0-9]+)$/.test(text)) return false;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31;
};

const checkAppArmorText = (
  errors: Errors,
  path: string,
  key: string,
  profile: string,
  names: Placed,
): void => {
  const container = key.slice(APP_ARMOR.length);
  const at = `${path}[${key}]`;
  if (!names.some(([, { name }]) => name === container)) {
    errors.push(invalidValue(at, container, 'container not found'));
  }
  const known = profile === '' || profile === 'runtime/default' || profile === 'unconfined';
  if (!known && !profile.startsWith('localhost/')) {
    errors.push(invalidValue(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
  }
};

/** Annotations of a pod or template. */
export const checkPodAnnotations = (
  errors: Errors,
  path: string,
  annotations: TextMap | undefined,
  spec: PodSpec,
  containers: Placed,
): void => {
  if (annotations === undefined) return;
  const keys = Object.keys(annotations).sort();
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && !spec.nodeName) {
    const detail = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalidValue(`${path}[${MIRROR}]`, mirror, detail));
  }
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(invalidValue(`${path}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  }
  const seccomp = annotations[SECCOMP_POD];
  if (seccomp !== undefined) checkSeccompText(errors, `${path}.${SECCOMP_POD}`, seccomp);
  for (const key of keys) {
    if (key.startsWith(SECCOMP_CONTAINER)) checkSeccompText(errors, `${path}.${key}`, annotations[key] ?? '');
  }
  for (const key of keys) {
    if (key.startsWith(APP_ARMOR)) checkAppArmorText(errors, path, key, annotations[key] ?? '', containers);
  }
};

/** Annotations that may not change once a pod exists. */
export const checkAnnotationChange = (errors: Errors, path: string, next: TextMap, old: TextMap): void => {
  for (const key of Object.keys(old).sort()) {
    if (next[key] === old[key]) continue;
    if (key.startsWith(APP_ARMOR)) {
      errors.push(forbiddenField(`${path}[${key}]`, 'may not remove or update AppArmor annotations'));
    }
    if (key === MIRROR) {
      errors.push(forbiddenField(`${path}[${key}]`, 'may not remove or update mirror pod annotation'));
    }
  }
  for (const key of Object.keys(next).sort()) {
    if (old[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR))
      errors.push(forbiddenField(`${path}[${key}]`, 'may not add AppArmor annotations'));
    if (key === MIRROR) errors.push(forbiddenField(`${path}[${key}]`, 'may not add mirror pod annotation'));
  }
};

interface Profile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

/** Whether a profile's annotation says the same as its field. */
const checkMatch = (
  errors: Errors,
  path: string,
  annotation: string | undefined,
  profile: Profile | undefined,
  word: 'seccomp' | 'apparmor',
): void => {
  if (annotation === undefined || profile === undefined) return;
  const refuse = (field: string, part: string): void => {
    errors.push(forbiddenField(`${path}.${field}`, `${word} ${part} in annotation and field must match`));
  };
  const docker = word === 'seccomp' && annotation === 'docker/default';
  if (profile.type === 'Unconfined' && annotation !== 'unconfined') refuse('type', 'type');
  if (profile.type === 'RuntimeDefault' && annotation !== 'runtime/default' && !docker)
    refuse('type', 'type');
  if (profile.type !== 'Localhost') return;
  if (!annotation.startsWith('localhost/')) refuse('type', 'type');
  else if (annotation.slice('localhost/'.length) !== profile.localhostProfile)
    refuse('localhostProfile', 'profile');
};

/** Annotations and fields of a new pod or a template that say the same thing must agree. */
export const checkProfilesAgree = (
  errors: Errors,
  path: string,
  annotations: TextMap | undefined,
  spec: PodSpec,
  containers: Placed,
): void => {
  if (annotations === undefined) return;
  const own: SeccompProfile | undefined = spec.securityContext?.seccompProfile;
  checkMatch(errors, `${path}.securityContext.seccompProfile`, annotations[SECCOMP_POD], own, 'seccomp');
  for (const [at, { name, securityContext }] of containers) {
    const profile = securityContext?.seccompProfile;
    const annotation = annotations[`${SECCOMP_CONTAINER}${name}`];
    checkMatch(errors, `${at}.securityContext.seccompProfile`, annotation, profile, 'seccomp');
  }
  if (spec.os?.name === 'windows') return;
  for (const [at, { name, securityContext }] of containers) {
    const profile: AppArmorProfile | undefined =
      securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const annotation = annotations[`${APP_ARMOR}${name}`];
    checkMatch(errors, `${at}.securityContext.appArmorProfile`, annotation, profile, 'apparmor');
  }
};

/** Annotations of AppArmor, from before there were fields (upstream: applyAppArmorVersionSkew, pod strategy.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { child, descend, ensure, items, sameValue, text } from '../common/draft.ts';

/** Before the name of a container. */
export const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const LOCAL = 'localhost/';
const MAX_PROFILE = 4095;

/** What an annotation says, as the field would say it; `undefined` when it says nothing valid. */
const profileOf = (annotation: string): Draft | undefined => {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith(LOCAL)) return undefined;
  const localhostProfile = annotation.slice(LOCAL.length);
  const isValid = localhostProfile !== '' && localhostProfile.trim() === localhostProfile;
  return isValid && localhostProfile.length <= MAX_PROFILE
    ? { type: 'Localhost', localhostProfile }
    : undefined;
};

/** Writes annotated profiles of a new pod into its fields; returns what to warn of. */
export const copyArmor = (draft: Draft): string[] => {
  const annotations = descend(draft, 'metadata', 'annotations');
  const spec = ensure(draft, 'spec');
  if (!annotations || text(child(spec, 'os'), 'name') === 'windows') return [];
  const shared = descend(spec, 'securityContext', 'appArmorProfile');
  const warnings: string[] = [];
  for (const field of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of items(spec, field)) {
      const key = `${APP_ARMOR}${text(container, 'name')}`;
      if (annotations[key] === undefined || descend(container, 'securityContext', 'appArmorProfile'))
        continue;
      const profile = profileOf(text(annotations, key));
      if (profile && sameValue(profile, shared)) continue;
      if (profile) ensure(container, 'securityContext')['appArmorProfile'] = profile;
      const advice = 'deprecated since v1.30; use the "appArmorProfile" field instead';
      warnings.push(`metadata.annotations[${key}]: ${advice}`);
    }
  }
  return warnings;
};

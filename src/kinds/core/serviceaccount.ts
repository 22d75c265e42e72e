import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, nameColumn } from '../common/columns.ts';
import { items, text } from '../common/draft.ts';

/** References to secrets carry nothing but the name. */
const trimSecrets = (draft: Draft): void => {
  if (draft['secrets'] === undefined) return;
  draft['secrets'] = items(draft, 'secrets').map((reference) => ({ name: text(reference, 'name') }));
};

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';

const isLimited = (object: KubeObject | undefined): boolean =>
  object?.metadata.annotations?.[MOUNTABLE] !== undefined;

/** Upstream says it when the annotation comes, not while it stays. */
const mountableWarnings = (object: KubeObject, old: KubeObject | undefined): string[] => {
  if (!isLimited(object) || isLimited(old)) return [];
  const text = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`metadata.annotations[${MOUNTABLE}]: ${text}`];
};

export const serviceAccount = builtin({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
  shortNames: ['sa'],
  nameRule: 'service-account',
  prepareForCreate: trimSecrets,
  prepareForUpdate: trimSecrets,
  connects: [
    {
      name: 'token',
      kind: 'TokenRequest',
      group: 'authentication.k8s.io',
      version: 'v1',
      verbs: ['create'],
      serves: 'create',
    },
  ],
  warnings: mountableWarnings,
  columns: [nameColumn, ageColumn],
});

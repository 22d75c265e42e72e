import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, nameColumn } from '../common/columns.ts';
import { items, text } from '../common/draft.ts';

/** References to secrets carry nothing but the name. */
const trimSecrets = (draft: Draft): void => {
  if (draft['secrets'] === undefined) return;
  draft['secrets'] = items(draft, 'secrets').map((reference) => ({ name: text(reference, 'name') }));
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
  columns: [nameColumn, ageColumn],
});

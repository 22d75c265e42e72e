import type { Lookup } from '../kinds/define.ts';
import { type Controller, type ObjectChange, watch } from './contract.ts';

const NAME = 'default';

/** The namespace an object lives in, when it may still get new content. */
export const openNamespace = (lookup: Lookup, namespace: string): boolean => {
  const found = lookup.get('namespaces', '', namespace);
  return (
    found !== undefined &&
    found.status?.phase !== 'Terminating' &&
    found.metadata.deletionTimestamp === undefined
  );
};

/** Key of a namespace that was made or changed its phase; deletions matter to nobody here. */
export const namespaceKeys = ({ op, object }: ObjectChange): readonly string[] =>
  op === 'create' ? [object.metadata.name ?? ''] : [];

/** Gives every namespace its `default` ServiceAccount (pkg/controller/serviceaccount). The key is the namespace. */
export const serviceAccountController: Controller = {
  name: 'service-account-controller',
  watches: [
    watch('namespaces', namespaceKeys),
    watch('serviceaccounts', ({ op, object }) =>
      op === 'delete' && object.metadata.name === NAME ? [object.metadata.namespace ?? ''] : [],
    ),
  ],
  reconcile: ({ lookup, client }, namespace) => {
    if (!openNamespace(lookup, namespace) || lookup.get('serviceaccounts', namespace, NAME) !== undefined) {
      return undefined;
    }
    client.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: NAME, namespace },
    });
    return undefined;
  },
};

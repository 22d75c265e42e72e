import type { ConfigMap } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { type Controller, watch } from './contract.ts';
import { namespaceKeys, openNamespace } from './service-account.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';
const ANNOTATION = 'kubernetes.io/description';

const isDescribed = ({ metadata }: ConfigMap): boolean => Boolean(metadata.annotations?.[ANNOTATION]);

/**
 * Publishes the cluster's CA to every namespace (pkg/controller/certificates/rootcacertpublisher). The key is
 * the namespace.
 */
export const rootCaController: Controller = {
  name: 'root-ca-cert-publisher',
  watches: [
    watch('namespaces', namespaceKeys),
    watch('configmaps', ({ op, object, previous }) => {
      if (object.metadata.name !== NAME || op === 'create') return [];
      if (op === 'update' && deepEqual(object.data, previous?.data) && isDescribed(object)) return [];
      return [object.metadata.namespace ?? ''];
    }),
  ],
  reconcile: ({ lookup, client, issuer }, namespace) => {
    if (!openNamespace(lookup, namespace)) return undefined;
    const data = { 'ca.crt': issuer.serverCertificate };
    const current = lookup.get('configmaps', namespace, NAME);
    if (current === undefined) {
      const made: ConfigMap = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: NAME, namespace, annotations: { [ANNOTATION]: DESCRIPTION } },
        data,
      };
      client.create('configmaps', made);
      return undefined;
    }
    if (deepEqual(current.data, data) && isDescribed(current)) return undefined;
    client.update('configmaps', namespace, NAME, (it) => ({
      ...it,
      metadata: { ...it.metadata, annotations: { ...it.metadata.annotations, [ANNOTATION]: DESCRIPTION } },
      data,
    }));
    return undefined;
  },
};

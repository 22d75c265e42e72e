import { forbidden, makeStatus, notFound, StatusError } from '../../machinery/status.ts';
import { type AdmissionPlugin, nameOf } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];

const terminating = (request: AdmissionRequest): StatusError => {
  const { group, resource } = request.kind;
  const { status } = forbidden(
    { group, resource },
    nameOf(request),
    `unable to create new content in namespace ${request.namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${request.namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError(
    makeStatus(status.code, status.reason, status.message ?? '', { ...status.details, causes: [cause] }),
  );
};

/**
 * Objects need a namespace that exists; nothing new goes into one that is terminating; three namespaces cannot
 * be deleted (apiserver admission/plugin/namespace/lifecycle).
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  resources: ['*'],
  mutate: (request, { lookup }) => {
    const { kind, operation, name, namespace } = request;
    if (kind.group === '' && kind.resource === 'namespaces') {
      if (operation === 'DELETE' && !request.subresource && IMMORTAL.includes(name)) {
        throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted');
      }
      return;
    }
    if (namespace === '' || operation === 'DELETE') return;
    if (kind.group === 'authorization.k8s.io') return;
    const home = lookup.get('namespaces', '', namespace);
    if (home === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    if (operation === 'CREATE' && home.status?.phase === 'Terminating') throw terminating(request);
  },
};

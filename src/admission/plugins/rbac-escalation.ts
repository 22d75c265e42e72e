import { checkBindingWrite, checkRoleWrite, type RbacWrite } from '../../auth/escalation.ts';
import type { ClusterRole, RoleBinding } from '../../kinds/generated/types.ts';
import type { KubeObject, ObjectMeta } from '../../machinery/object.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const RESOURCES = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'] as const;

/** What the garbage collector changes; a write of nothing else is not checked. */
const withoutGcFields = (object: KubeObject): string => {
  const { finalizers: _finalizers, ownerReferences: _owners, ...metadata } = object.metadata;
  const { managedFields: _fields, ...kept } = metadata as ObjectMeta;
  return canonical({ ...object, metadata: kept });
};

/** JSON with sorted keys, so that equal values give equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );

/**
 * Granting needs holding. Upstream checks this in the storage of RBAC objects, after mutating admission and
 * before validation: hence the last place among the mutators.
 */
export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  operations: ['CREATE', 'UPDATE'],
  resources: RESOURCES.map((resource) => `${resource}.rbac.authorization.k8s.io`),
  mutate: (request, { authorizer }) => {
    const object = readDraft<KubeObject>(request.object);
    if (request.old && withoutGcFields(object) === withoutGcFields(request.old)) return;
    const write: RbacWrite = {
      resource: request.kind.resource as RbacWrite['resource'],
      namespace: request.namespace,
      name: object.metadata.name ?? '',
      requestName: request.operation === 'CREATE' ? '' : request.name,
      identity: request.identity,
    };
    if (request.kind.resource === 'roles' || request.kind.resource === 'clusterroles') {
      checkRoleWrite(authorizer, write, object as ClusterRole, request.old as ClusterRole | undefined);
    } else {
      checkBindingWrite(authorizer, write, (object as RoleBinding).roleRef);
    }
  },
};

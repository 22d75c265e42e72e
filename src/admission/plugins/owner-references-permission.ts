import type { OwnerReference } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { type AdmissionPlugin, readDraft, refuse } from '../chain.ts';

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] =>
  object?.metadata.ownerReferences ?? [];

/**
 * Changing owners needs `delete` on the object (plugin/pkg/admission/gc). Off by default, as upstream.
 * Differs: the check of `update` on the owners' finalizers is left out.
 */
export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  operations: ['CREATE', 'UPDATE'],
  resources: ['*'],
  disabled: true,
  validate: (request, { authorizer }) => {
    const wanted = ownersOf(readDraft<KubeObject>(request.object));
    const before = ownersOf(request.old);
    if (deepEqual(wanted, before) || (request.operation === 'CREATE' && wanted.length === 0)) return;
    const decision = authorizer.authorize(request.identity, {
      verb: 'delete',
      group: request.kind.group,
      resource: request.kind.resource,
      namespace: request.namespace,
      name: request.name,
      ...(request.subresource === undefined ? {} : { subresource: request.subresource }),
    });
    if (decision.allowed) return;
    throw refuse(request, "cannot set an ownerRef on a resource you can't delete: , <nil>");
  },
};

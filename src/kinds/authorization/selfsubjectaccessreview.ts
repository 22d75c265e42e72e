import { virtualKind } from '../common/builtin.ts';

export const selfSubjectAccessReview = virtualKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  namespaced: false,
});

import { virtualKind } from '../common/builtin.ts';

export const localSubjectAccessReview = virtualKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  namespaced: true,
});

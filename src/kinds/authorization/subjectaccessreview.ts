import { virtualKind } from '../common/builtin.ts';

export const subjectAccessReview = virtualKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  namespaced: false,
});

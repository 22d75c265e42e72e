import { virtualKind } from '../common/builtin.ts';

export const selfSubjectReview = virtualKind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  namespaced: false,
});

import { virtualKind } from '../common/builtin.ts';

export const tokenReview = virtualKind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  namespaced: false,
});

import { virtualKind } from '../common/builtin.ts';

export const selfSubjectRulesReview = virtualKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  namespaced: false,
});

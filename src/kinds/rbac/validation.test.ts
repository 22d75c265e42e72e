import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a role as recorded is accepted', base: 'role', changes: {}, errors: [] },
  {
    title: 'a rule of a role has verbs, groups and resources',
    base: 'role',
    changes: { rules: [{}] },
    errors: [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  },
  {
    title: 'roles of a namespace do not reach other paths',
    base: 'role',
    changes: { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    errors: [
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ],
  },
  {
    title: 'cluster roles do',
    base: 'clusterrole',
    changes: { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    errors: [],
  },
  {
    title: 'a selector of roles is valid',
    base: 'clusterrole-agg',
    changes: { 'aggregationRule/clusterRoleSelectors/0/matchLabels': { a: 'b c' } },
    errors: [
      'aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "b c": a valid label must be',
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
    ],
  },
  {
    title: 'a cluster role binding names the namespace of an account',
    base: 'clusterrolebinding',
    changes: { subjects: [{ kind: 'ServiceAccount', name: 's' }] },
    errors: ['subjects[0].namespace: Required value'],
  },
  {
    title: 'a role binding need not',
    base: 'rolebinding',
    changes: { subjects: [{ kind: 'ServiceAccount', name: 's' }] },
    errors: [],
  },
  {
    title: 'a cluster role binding is to a cluster role',
    base: 'clusterrolebinding',
    changes: { 'roleRef/kind': 'Role' },
    errors: ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  },
  {
    title: 'a binding keeps its role',
    base: 'rolebinding',
    write: 'update',
    changes: { 'roleRef/name': 'other' },
    errors: [
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
    ],
  },
]);

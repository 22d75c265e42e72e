import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn, printSelector } from '../common/columns.ts';
import { ensure, items, setAbsent, sizeOf } from '../common/draft.ts';
import type { NetworkPolicy } from '../generated/types.ts';
import { validateNetworkPolicy, validateNetworkPolicyUpdate } from './networkpolicy-validation.ts';
import { networkPolicyWarnings } from './policy-warnings.ts';

/** A policy isolates ingress, and egress too when it has egress rules. */
const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  for (const rule of [...items(spec, 'ingress'), ...items(spec, 'egress')]) {
    for (const port of items(rule, 'ports')) setAbsent(port, 'protocol', 'TCP');
  }
  if (sizeOf(spec['policyTypes']) === 0) {
    spec['policyTypes'] = sizeOf(spec['egress']) === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
  }
};

export const networkPolicy = builtin({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  namespaced: true,
  shortNames: ['netpol'],
  generationFields: ['spec'],
  defaults,
  warnings: networkPolicyWarnings,
  validate: validateNetworkPolicy,
  validateUpdate: validateNetworkPolicyUpdate,
  columns: [
    nameColumn,
    column<NetworkPolicy>('Pod-Selector', 'string', (object) => printSelector(object.spec?.podSelector)),
    ageColumn,
  ],
});

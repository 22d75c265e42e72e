/** Defaults of services (upstream: SetDefaults_Service, pkg/apis/core/v1/defaults.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import {
  child,
  descend,
  ensure,
  isAbsent,
  items,
  setAbsent,
  setZero,
  setZeros,
  text,
} from '../common/draft.ts';

const AFFINITY_SECONDS = 10_800;

const defaultAffinity = (spec: Draft): void => {
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] !== 'ClientIP') return;
  const client = descend(spec, 'sessionAffinityConfig', 'clientIP');
  if (!client || isAbsent(client, 'timeoutSeconds')) {
    spec['sessionAffinityConfig'] = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  }
};

const isOutward = (spec: Draft): boolean =>
  spec['type'] === 'LoadBalancer' ||
  spec['type'] === 'NodePort' ||
  (spec['type'] === 'ClusterIP' && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0);

export const defaultService = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setZeros(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  defaultAffinity(spec);
  for (const port of items(spec, 'ports')) {
    setZero(port, 'protocol', 'TCP');
    setZero(port, 'targetPort', port['port']);
  }
  if (isOutward(spec)) setZero(spec, 'externalTrafficPolicy', 'Cluster');
  if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(text(spec, 'type'))) {
    setAbsent(spec, 'internalTrafficPolicy', 'Cluster');
  }
  if (spec['type'] !== 'LoadBalancer') return;
  setAbsent(spec, 'allocateLoadBalancerNodePorts', true);
  for (const ingress of items(descend(child(draft, 'status'), 'loadBalancer'), 'ingress')) {
    if (text(ingress, 'ip') !== '') setAbsent(ingress, 'ipMode', 'VIP');
  }
};

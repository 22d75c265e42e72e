/** Fields of a service that depend on its type and on each other (upstream: service strategy.go, 1.36). */

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft } from '../../machinery/object.ts';
import { items, sameValue, sizeOf, text } from '../common/draft.ts';

const needsAddress = (spec: Draft): boolean => spec['type'] !== 'ExternalName';

/** Types that are reached through a port of every node. */
export const needsNodePort = (spec: Draft): boolean =>
  spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';

/** Balancers that keep the client's address need a port that tells which nodes have endpoints. */
export const needsHealthPort = (spec: Draft): boolean =>
  spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';

const hasExternalPolicy = (spec: Draft): boolean =>
  needsNodePort(spec) || (spec['type'] === 'ClusterIP' && sizeOf(spec['externalIPs']) > 0);

const same = (spec: Draft, oldSpec: Draft, field: string): boolean => sameValue(spec[field], oldSpec[field]);

const copy = (spec: Draft, oldSpec: Draft, field: string): void => {
  if (oldSpec[field] === undefined) delete spec[field];
  else spec[field] = cloneJson(oldSpec[field]);
};

/** Copies what was allocated before into an update that leaves it out. */
export const keepAllocations = (spec: Draft, oldSpec: Draft): void => {
  if (needsAddress(oldSpec) && needsAddress(spec)) {
    if (text(spec, 'clusterIP') === '') copy(spec, oldSpec, 'clusterIP');
    if (sameValue(spec['clusterIPs'], undefined) && same(spec, oldSpec, 'clusterIP'))
      copy(spec, oldSpec, 'clusterIPs');
  }
  if (needsNodePort(oldSpec) && needsNodePort(spec)) keepNodePorts(spec, oldSpec);
  if (needsHealthPort(oldSpec) && needsHealthPort(spec) && !spec['healthCheckNodePort']) {
    copy(spec, oldSpec, 'healthCheckNodePort');
  }
};

const keepNodePorts = (spec: Draft, oldSpec: Draft): void => {
  const ports = items(spec, 'ports');
  const before = items(oldSpec, 'ports');
  const used = new Set(ports.map((port) => port['nodePort']).filter(Boolean));
  const byName = new Map(before.map((port) => [text(port, 'name'), port['nodePort']]));
  for (const port of ports) {
    if (port['nodePort']) continue;
    const value = byName.get(text(port, 'name'));
    if (!value || used.has(value)) continue;
    port['nodePort'] = value;
    used.add(value);
  }
};

/** Keeps `clusterIP` and `clusterIPs` in step when a client knows only one of them. */
export const linkAddresses = (spec: Draft, oldSpec?: Draft): void => {
  const ip = text(spec, 'clusterIP');
  if (!oldSpec) {
    if (ip !== '' && sameValue(spec['clusterIPs'], undefined)) spec['clusterIPs'] = [ip];
    return;
  }
  const oldIp = text(oldSpec, 'clusterIP');
  if (
    sameValue(spec['clusterIPs'], undefined) &&
    !sameValue(oldSpec['clusterIPs'], undefined) &&
    ip === oldIp
  ) {
    copy(spec, oldSpec, 'clusterIPs');
  }
  if (ip === oldIp || !same(spec, oldSpec, 'clusterIPs')) return;
  if (ip === '') delete spec['clusterIPs'];
  else spec['clusterIPs'] = [ip];
};

const dropWhenSame = (spec: Draft, oldSpec: Draft, fields: readonly string[]): void => {
  for (const field of fields) if (same(spec, oldSpec, field)) delete spec[field];
};

/** Whether no node port is asked for that was not there before. */
const addsNoNodePorts = (spec: Draft, oldSpec: Draft): boolean => {
  const before = new Set(items(oldSpec, 'ports').map((port) => port['nodePort']));
  return items(spec, 'ports').every(({ nodePort }) => !nodePort || before.has(nodePort));
};

/** Wipes what a change of type makes meaningless, unless the client changed it in the same breath. */
export const dropTypeFields = (spec: Draft, oldSpec: Draft): void => {
  if (needsAddress(oldSpec) && !needsAddress(spec)) {
    if (same(spec, oldSpec, 'clusterIPs'))
      for (const field of ['clusterIP', 'clusterIPs']) delete spec[field];
    dropWhenSame(spec, oldSpec, ['ipFamilies', 'ipFamilyPolicy']);
  }
  if (needsNodePort(oldSpec) && !needsNodePort(spec) && addsNoNodePorts(spec, oldSpec)) {
    for (const port of items(spec, 'ports')) delete port['nodePort'];
  }
  if (needsHealthPort(oldSpec) && !needsHealthPort(spec))
    dropWhenSame(spec, oldSpec, ['healthCheckNodePort']);
  if (oldSpec['type'] === 'LoadBalancer' && spec['type'] !== 'LoadBalancer') {
    dropWhenSame(spec, oldSpec, ['allocateLoadBalancerNodePorts', 'loadBalancerClass']);
  }
  if (hasExternalPolicy(oldSpec) && !hasExternalPolicy(spec))
    dropWhenSame(spec, oldSpec, ['externalTrafficPolicy']);
  if (needsAddress(oldSpec) && !needsAddress(spec)) dropWhenSame(spec, oldSpec, ['internalTrafficPolicy']);
};

/** Writes of services (upstream: pkg/registry/core/service/{strategy.go,storage/alloc.go}, 1.36; IPv4 only). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { internalError, invalid } from '../../machinery/status.ts';
import { child, descend, ensure, fieldsOf, items, setAbsent, sizeOf, text } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { StrategyContext } from '../define.ts';
import { familyOfText, serviceAddressErrors, textsOf } from './service-address-rules.ts';
import { ServiceAllocator } from './service-allocation.ts';
import {
  dropTypeFields,
  keepAllocations,
  linkAddresses,
  needsHealthPort,
  needsNodePort,
} from './service-fields.ts';

const refuse = (draft: Draft, errors: readonly FieldError[]): void => {
  if (errors.length === 0) return;
  throw invalid({ group: '', kind: 'Service' }, text(child(draft, 'metadata'), 'name'), errors);
};

const isHeadless = (spec: Draft): boolean => textsOf(spec, 'clusterIPs')[0] === 'None';

const inferFamilies = (draft: Draft, spec: Draft): void => {
  const families = [...textsOf(spec, 'ipFamilies')];
  const ips = textsOf(spec, 'clusterIPs');
  if (ips[0] === 'None') return;
  const errors: FieldError[] = [];
  for (const ip of ips.slice(families.length)) {
    const family = familyOfText(ip) ?? 'IPv4';
    const field = `spec.clusterIPs[${ips.indexOf(ip)}]`;
    if (family === 'IPv6') errors.push(invalidValue(field, ips, 'IPv6 is not configured on this cluster'));
    else families.push(family);
  }
  refuse(draft, errors);
  if (families.length > 0) spec['ipFamilies'] = families;
};

/** A headless service without selector is the one place where both families are allowed. */
const fillHeadless = (spec: Draft, asked: boolean): void => {
  if (!asked) spec['ipFamilyPolicy'] = 'RequireDualStack';
  const families = [...textsOf(spec, 'ipFamilies')];
  if (families.length === 0) families.push('IPv4');
  if (families.length < 2 && spec['ipFamilyPolicy'] !== 'SingleStack') {
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
  spec['ipFamilies'] = families;
};

const stackErrors = (spec: Draft): FieldError[] => {
  const errors: FieldError[] = [];
  if (spec['ipFamilyPolicy'] === 'RequireDualStack') {
    const detail = 'this cluster is not configured for dual-stack services';
    errors.push(invalidValue('spec.ipFamilyPolicy', 'RequireDualStack', detail));
  }
  for (const [index, family] of textsOf(spec, 'ipFamilies').entries()) {
    if (family === 'IPv6')
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  }
  return errors;
};

const fillFamilies = (draft: Draft, spec: Draft, oldSpec: Draft | undefined): void => {
  if (spec['type'] === 'ExternalName') return;
  const asked = typeof spec['ipFamilyPolicy'] === 'string';
  const two = textsOf(spec, 'clusterIPs').length === 2 || textsOf(spec, 'ipFamilies').length === 2;
  refuse(draft, serviceAddressErrors(spec, oldSpec));
  setAbsent(spec, 'ipFamilyPolicy', two ? 'RequireDualStack' : 'SingleStack');
  inferFamilies(draft, spec);
  if (isHeadless(spec) && sizeOf(spec['selector']) === 0) {
    fillHeadless(spec, asked || oldSpec !== undefined);
    return;
  }
  refuse(draft, stackErrors(spec));
  if (textsOf(spec, 'ipFamilies').length === 0) spec['ipFamilies'] = ['IPv4'];
};

const allocateAddress = (
  draft: Draft,
  spec: Draft,
  held: readonly string[],
  allocator: ServiceAllocator,
): void => {
  if (spec['type'] === 'ExternalName' || isHeadless(spec)) return;
  const ips = textsOf(spec, 'clusterIPs');
  const [asked] = ips;
  if (asked !== undefined) {
    const why = held.includes(asked) ? undefined : allocator.refuseAddress(asked);
    if (why) refuse(draft, [invalidValue('spec.clusterIPs', ips, `failed to allocate IP ${asked}: ${why}`)]);
    return;
  }
  const address = allocator.nextAddress();
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  spec['clusterIP'] = address;
  spec['clusterIPs'] = [address];
};

const portsOf = (spec: Draft | undefined): Set<number> =>
  new Set(items(spec, 'ports').map((port) => Number(port['nodePort'] ?? 0)));

const givesPorts = (spec: Draft): boolean =>
  spec['type'] === 'NodePort' ||
  (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);

/**
 * A port number in two protocols (DNS) gets one node port; requested ports are checked, absent ones drawn. Within a
 * service that already had node ports a number may be asked for repeatedly; a new one takes it once per port.
 */
const allocatePorts = (
  draft: Draft,
  spec: Draft,
  held: ReadonlySet<number>,
  had: boolean,
  allocator: ServiceAllocator,
): void => {
  const ports = items(spec, 'ports');
  const byPort = new Map<unknown, number>();
  const taken = new Set<number>();
  for (const [index, port] of ports.entries()) {
    const asked = Number(port['nodePort'] ?? 0);
    if (asked === 0) continue;
    const again = had ? taken.has(asked) : byPort.get(port['port']) === asked;
    const why = held.has(asked) || again ? undefined : allocator.takePort(asked);
    taken.add(asked);
    if (why) refuse(draft, [invalidValue(`spec.ports[${index}].nodePort`, asked, why)]);
    if (!byPort.has(port['port'])) byPort.set(port['port'], asked);
  }
  if (!givesPorts(spec)) return;
  for (const port of ports) {
    if (Number(port['nodePort'] ?? 0) !== 0) continue;
    const drawn = byPort.get(port['port']) ?? allocator.nextPort();
    if (drawn === undefined) throw internalError('failed to allocate a nodePort: range is full');
    byPort.set(port['port'], drawn);
    port['nodePort'] = drawn;
  }
};

const allocateHealthPort = (spec: Draft, held: unknown, allocator: ServiceAllocator): void => {
  if (!needsHealthPort(spec)) return;
  const asked = Number(spec['healthCheckNodePort'] ?? 0);
  if (asked === 0) {
    spec['healthCheckNodePort'] = allocator.nextPort();
    return;
  }
  const why = asked === held ? undefined : allocator.takePort(asked);
  if (why) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
};

const allocate = (draft: Draft, oldSpec: Draft | undefined, allocator: ServiceAllocator): void => {
  const spec = ensure(draft, 'spec');
  fillFamilies(draft, spec, oldSpec);
  allocateAddress(draft, spec, oldSpec ? textsOf(oldSpec, 'clusterIPs') : [], allocator);
  if (needsNodePort(spec)) {
    const had = oldSpec !== undefined && needsNodePort(oldSpec);
    allocatePorts(draft, spec, portsOf(oldSpec), had, allocator);
  }
  allocateHealthPort(spec, oldSpec?.['healthCheckNodePort'], allocator);
};

const prepareUpdate = (draft: Draft, old: KubeObject, context: StrategyContext): void => {
  const spec = ensure(draft, 'spec');
  const oldSpec = descend(fieldsOf(old), 'spec') ?? {};
  keepAllocations(spec, oldSpec);
  linkAddresses(spec, oldSpec);
  dropTypeFields(spec, oldSpec);
  allocate(draft, oldSpec, new ServiceAllocator(context, old.metadata.uid));
};

export const serviceStrategy = withStatus({
  create: (draft, context) => {
    linkAddresses(ensure(draft, 'spec'));
    allocate(draft, undefined, new ServiceAllocator(context));
  },
  update: prepareUpdate,
});

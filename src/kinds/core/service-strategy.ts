/** Writes of services (upstream: pkg/registry/core/service/{strategy.go,storage/alloc.go}, 1.36; IPv4 only). */

import { invalidValue } from '../../machinery/field-error.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { internalError } from '../../machinery/status.ts';
import { descend, ensure, fieldsOf } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { StrategyContext } from '../define.ts';
import { textsOf } from './service-address-rules.ts';
import { ServiceAllocator } from './service-allocation.ts';
import { fillFamilies, refuse } from './service-families.ts';
import { dropTypeFields, keepAllocations, linkAddresses, needsNodePort } from './service-fields.ts';
import { giveHealthPort, initNodePorts, updateNodePorts } from './service-node-ports.ts';

const allocateAddress = (draft: Draft, spec: Draft, allocator: ServiceAllocator): void => {
  const ips = textsOf(spec, 'clusterIPs');
  const [asked] = ips;
  if (spec['type'] === 'ExternalName' || asked === 'None') return;
  if (asked !== undefined) {
    const why = allocator.refuseAddress(asked);
    if (why) refuse(draft, [invalidValue('spec.clusterIPs', ips, `failed to allocate IP ${asked}: ${why}`)]);
    return;
  }
  const address = allocator.nextAddress();
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  spec['clusterIP'] = address;
  spec['clusterIPs'] = [address];
};

const prepareCreate = (draft: Draft, context: StrategyContext): void => {
  const spec = ensure(draft, 'spec');
  const allocator = new ServiceAllocator(context);
  linkAddresses(spec);
  fillFamilies(draft, spec, undefined);
  allocateAddress(draft, spec, allocator);
  if (needsNodePort(spec)) initNodePorts({ draft, spec, allocator });
  giveHealthPort({ draft, spec, allocator }, undefined);
};

const prepareUpdate = (draft: Draft, old: KubeObject, context: StrategyContext): void => {
  const spec = ensure(draft, 'spec');
  const oldSpec = descend(fieldsOf(old), 'spec') ?? {};
  const allocator = new ServiceAllocator(context, old.metadata.uid);
  keepAllocations(spec, oldSpec);
  linkAddresses(spec, oldSpec);
  fillFamilies(draft, spec, oldSpec);
  // A service that has an address keeps it: validation says so where another is asked for.
  if (oldSpec['type'] === 'ExternalName') allocateAddress(draft, spec, allocator);
  if (needsNodePort(spec)) updateNodePorts({ draft, spec, allocator }, oldSpec);
  giveHealthPort({ draft, spec, allocator }, oldSpec);
  dropTypeFields(spec, oldSpec);
};

export const serviceStrategy = withStatus({ create: prepareCreate, update: prepareUpdate });

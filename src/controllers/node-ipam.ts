import type { Node } from '../kinds/generated/types.ts';
import { type Controller, watch } from './contract.ts';

/** The pod network 10.244.0.0/16 in blocks of /24. */
const block = (index: number): string => `10.244.${index}.0/24`;
const BLOCKS = 256;

/** Gives each node its range of pod addresses (pkg/controller/nodeipam). The key is the node's name. */
export const nodeIpamController: Controller = {
  name: 'node-ipam-controller',
  watches: [
    watch('nodes', ({ op, object }) =>
      op !== 'delete' && (object.spec?.podCIDR ?? '') === '' ? [object.metadata.name ?? ''] : [],
    ),
  ],
  reconcile: ({ lookup, client }, name) => {
    const node = lookup.get('nodes', '', name);
    if (node === undefined || (node.spec?.podCIDR ?? '') !== '') return undefined;
    const taken = new Set(lookup.list('nodes').map((other) => other.spec?.podCIDR));
    let index = 0;
    while (index < BLOCKS && taken.has(block(index))) index += 1;
    if (index === BLOCKS) {
      client.event(node, {
        type: 'Normal',
        reason: 'CIDRNotAvailable',
        message: `Node ${name} status is now: CIDRNotAvailable`,
        component: 'cidrAllocator',
      });
      return undefined;
    }
    client.update('nodes', '', name, (current) => ({
      ...current,
      spec: { ...current.spec, podCIDR: block(index), podCIDRs: [block(index)] } as Node['spec'],
    }));
    return undefined;
  },
};

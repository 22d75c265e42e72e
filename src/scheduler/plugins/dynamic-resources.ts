import type { Lookup } from '../../kinds/define.ts';
import type { Pod } from '../../kinds/generated/types.ts';
import { type Cycle, type Plugin, refuseForGood, type WakeRule } from '../contract.ts';
import { allocate, type Claim, isUsableOn } from '../devices.ts';
import { waitingPods } from '../parked.ts';
import { podClaims, usesClaim } from '../resource-claims.ts';

const NO_DEVICES = 'cannot allocate all claims';
const ELSEWHERE = 'resourceclaim not available on the node';

/** Another pod was promised a node and is having this claim allocated. */
const isBeingAllocated = (lookup: Lookup, claim: Claim, pod: Pod): boolean =>
  claim.status?.allocation === undefined &&
  waitingPods(lookup).some(
    (other) =>
      other.metadata.uid !== pod.metadata.uid &&
      other.status?.nominatedNodeName !== undefined &&
      usesClaim(other, claim),
  );

const problemOf = ({ lookup, pod }: Cycle, claim: Claim): string | undefined => {
  const name = claim.metadata.name ?? '';
  if (claim.metadata.deletionTimestamp !== undefined)
    return `resourceclaim ${JSON.stringify(name)} is being deleted`;
  if (isBeingAllocated(lookup, claim, pod))
    return `resource claim ${claim.metadata.namespace}/${name} is in the process of being allocated`;
  for (const { name: request, exactly, firstAvailable } of claim.spec.devices?.requests ?? []) {
    for (const { deviceClassName } of exactly === undefined ? (firstAvailable ?? []) : [exactly]) {
      if (lookup.get('deviceclasses.resource.k8s.io', '', deviceClassName) === undefined)
        return `request ${request}: device class ${deviceClassName} does not exist`;
    }
  }
  return undefined;
};

const claimChanges: readonly WakeRule[] = [
  {
    resource: 'resourceclaims.resource.k8s.io',
    matters: ({ op, object, previous }) =>
      op !== 'update' ||
      (previous as Claim | undefined)?.status?.allocation !== (object as Claim).status?.allocation,
  },
  { resource: 'resourceslices.resource.k8s.io', matters: ({ op }) => op !== 'delete' },
  { resource: 'deviceclasses.resource.k8s.io', matters: ({ op }) => op !== 'delete' },
  { resource: 'nodes', matters: ({ op }) => op === 'create' },
];

/** Devices for the pod's ResourceClaims (plugins/dynamicresources, release 1.36). */
export const dynamicResources: Plugin<readonly Claim[]> = {
  name: 'DynamicResources',
  preFilter: (cycle) => {
    if (cycle.pod.spec?.resourceClaims === undefined) return undefined;
    const claims = podClaims(cycle.lookup, cycle.pod) ?? [];
    if (claims.length === 0) return undefined;
    for (const claim of claims) {
      const problem = problemOf(cycle, claim);
      if (problem !== undefined) return { refusal: refuseForGood(problem), isExplained: true };
    }
    return { state: claims };
  },
  filter: ({ lookup }, { node }, claims) => {
    if (claims === undefined) return undefined;
    const [allocated, open] = [true, false].map((is) =>
      claims.filter(({ status }) => (status?.allocation !== undefined) === is),
    );
    if (allocated?.some((claim) => !isUsableOn(claim, node))) return refuseForGood(ELSEWHERE);
    if (open === undefined || open.length === 0) return undefined;
    return allocate(lookup, open, node) === undefined ? refuseForGood(NO_DEVICES) : undefined;
  },
  wakesOn: claimChanges,
  refused: (message) =>
    [NO_DEVICES, ELSEWHERE, 'resource claim ', 'resourceclaim ', 'device class '].some((text) =>
      message.includes(text),
    ),
};

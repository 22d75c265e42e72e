/** The ResourceClaims of a pod, and binding them before the pod (plugins/dynamicresources, 1.36). */

import type { Context } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Pod } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import { allocate, type Claim } from './devices.ts';
import type { NodeState } from './snapshot.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';

/** Keeps an allocated claim from going. */
export const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';

/** Names of a pod's claims; `undefined` in place of one that is not made yet. */
export const claimNamesOf = (pod: Pod): readonly (string | undefined)[] =>
  (pod.spec?.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => {
    if (resourceClaimName !== undefined) return [resourceClaimName];
    const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === name);
    // A status without a claim says that none is needed.
    if (made !== undefined && made.resourceClaimName === undefined) return [];
    return [made?.resourceClaimName];
  });

/** The pod's claims; `undefined` while one does not exist: the pod is then not looked at. */
export const podClaims = (lookup: Lookup, pod: Pod): readonly Claim[] | undefined => {
  const claims: Claim[] = [];
  for (const name of claimNamesOf(pod)) {
    const claim = name === undefined ? undefined : lookup.get(CLAIMS, pod.metadata.namespace ?? '', name);
    if (claim === undefined) return undefined;
    claims.push(claim);
  }
  return claims;
};

/** True for a pod that uses the claim. */
export const usesClaim = (pod: Pod, claim: Claim): boolean =>
  pod.metadata.namespace === claim.metadata.namespace && claimNamesOf(pod).includes(claim.metadata.name);

const isReserved = ({ status }: Claim, pod: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true;

const isProtected = ({ metadata }: Claim): boolean =>
  metadata.finalizers?.includes(DELETE_PROTECTION) === true;

const nominate = (context: Context, pod: Pod, node: string): void => {
  const { namespace = '', name = '' } = pod.metadata;
  context.client.updateStatus('pods', namespace, name, (current) => ({
    ...current,
    status: { ...current.status, nominatedNodeName: node },
  }));
};

const protect = (context: Context, { metadata }: Claim): void => {
  context.client.update(CLAIMS, metadata.namespace ?? '', metadata.name ?? '', (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      finalizers: [...(current.metadata.finalizers ?? []), DELETE_PROTECTION],
    },
  }));
};

const reserve = (context: Context, pod: Pod, claim: Claim, node: NodeState): void => {
  const { lookup } = context;
  const allocation =
    claim.status?.allocation === undefined ? allocate(lookup, [claim], node.node)?.get(claim) : undefined;
  const user = { resource: 'pods', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' };
  const { namespace = '', name = '' } = claim.metadata;
  context.client.updateStatus(CLAIMS, namespace, name, (current) => ({
    ...current,
    status: {
      ...current.status,
      ...(allocation === undefined
        ? {}
        : { allocation: { ...allocation, allocationTimestamp: printTime(context.now) } }),
      reservedFor: [...(current.status?.reservedFor ?? []), user],
    },
  }));
};

/**
 * The next step towards claims that are allocated and reserved for the pod: it is promised the node, then each claim is
 * protected, then allocated. True when a step was made, false when none is left and the pod may be bound.
 */
export const bindDevices = (context: Context, pod: Pod, node: NodeState): boolean => {
  const current = context.lookup.get('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '');
  const claims = current === undefined ? undefined : podClaims(context.lookup, current);
  if (current === undefined || claims === undefined || claims.length === 0) return false;
  const open = claims.filter((claim) => !isReserved(claim, pod));
  if (open.length === 0) return false;
  if (current.status?.nominatedNodeName !== node.name) {
    nominate(context, pod, node.name);
    return true;
  }
  const bare = open.find((claim) => claim.status?.allocation === undefined && !isProtected(claim));
  if (bare !== undefined) {
    protect(context, bare);
    return true;
  }
  const [next] = open;
  if (next !== undefined) reserve(context, pod, next, node);
  return true;
};

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

/** Allocates the claim (as one of all that are open, so that the others get theirs) and reserves it for the pod. */
const reserve = (
  context: Context,
  pod: Pod,
  claim: Claim,
  open: readonly Claim[],
  node: NodeState,
): boolean => {
  const bare = open.filter(({ status }) => status?.allocation === undefined);
  const allocation = bare.includes(claim) ? allocate(context.lookup, bare, node.node)?.get(claim) : undefined;
  if (allocation === undefined && bare.includes(claim)) return false;
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
  return true;
};

/**
 * The next step towards claims that are allocated and reserved for the pod: it is promised the node, then each claim is
 * protected, then allocated. `done`: none is left, and the pod may be bound; `stuck`: the devices went to others.
 */
export const bindDevices = (context: Context, pod: Pod, node: NodeState): 'step' | 'done' | 'stuck' => {
  const current = context.lookup.get('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '');
  const claims = current === undefined ? undefined : podClaims(context.lookup, current);
  if (current === undefined || claims === undefined) return 'stuck';
  const open = claims.filter((claim) => !isReserved(claim, pod));
  const [next] = open;
  if (next === undefined) return 'done';
  if (current.status?.nominatedNodeName !== node.name) {
    nominate(context, pod, node.name);
    return 'step';
  }
  const bare = open.find((claim) => claim.status?.allocation === undefined && !isProtected(claim));
  if (bare !== undefined) {
    protect(context, bare);
    return 'step';
  }
  return reserve(context, pod, next, open, node) ? 'step' : 'stuck';
};

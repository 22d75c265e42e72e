import type { Lookup } from '../kinds/define.ts';
import type { Pod, PodResourceClaim, ResourceV1ResourceClaim } from '../kinds/generated/types.ts';
import { isFinished } from './common/pods.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';

type Claim = ResourceV1ResourceClaim;

const CLAIMS = 'resourceclaims.resource.k8s.io';
const POD_CLAIM_NAME = 'resource.kubernetes.io/pod-claim-name';
const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';

const statusOf = (pod: Pod, name: string) =>
  pod.status?.resourceClaimStatuses?.find((status) => status.name === name);

/** The claim that was made for an entry of the pod before its status said so. */
const findMade = (lookup: Lookup, pod: Pod, name: string): Claim | undefined =>
  lookup
    .list(CLAIMS, pod.metadata.namespace ?? '')
    .find(
      ({ metadata }) =>
        metadata.annotations?.[POD_CLAIM_NAME] === name &&
        metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid),
    );

const makeClaim = (context: Context, pod: Pod, entry: PodResourceClaim): Claim | undefined => {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  const template = context.lookup.get(
    'resourceclaimtemplates.resource.k8s.io',
    namespace,
    entry.resourceClaimTemplateName ?? '',
  );
  if (template === undefined) {
    context.client.event(pod, {
      type: 'Warning',
      reason: 'FailedResourceClaimCreation',
      message: `PodResourceClaim ${entry.name}: resource claim template ${JSON.stringify(entry.resourceClaimTemplateName ?? '')}: resourceclaimtemplate.resource.k8s.io ${JSON.stringify(entry.resourceClaimTemplateName ?? '')} not found`,
      component: 'resource_claim',
    });
    return undefined;
  }
  const { metadata = {}, spec } = template.spec;
  return context.client.create(CLAIMS, {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      generateName: `${name}-${entry.name}-`,
      namespace,
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [POD_CLAIM_NAME]: entry.name },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
    },
    spec,
    status: {},
  });
};

/** Makes the claims of a pod's templates and names them in its status. */
const syncPod = (context: Context, pod: Pod): Outcome => {
  if (pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) return undefined;
  const missing = (pod.spec.resourceClaims ?? []).filter(
    (entry) => entry.resourceClaimTemplateName !== undefined && statusOf(pod, entry.name) === undefined,
  );
  if (missing.length === 0) return undefined;
  const made: { readonly name: string; readonly resourceClaimName: string }[] = [];
  for (const entry of missing) {
    const claim = findMade(context.lookup, pod, entry.name) ?? makeClaim(context, pod, entry);
    if (claim === undefined) return { at: context.now, retry: true };
    made.push({ name: entry.name, resourceClaimName: claim.metadata.name ?? '' });
  }
  context.client.updateStatus('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      ...current.status,
      resourceClaimStatuses: [...(current.status?.resourceClaimStatuses ?? []), ...made],
    },
  }));
  return undefined;
};

const podWith = (lookup: Lookup, namespace: string, name: string, uid: string): Pod | undefined => {
  const pod = lookup.get('pods', namespace, name);
  return pod?.metadata.uid === uid ? pod : undefined;
};

/** Takes back what pods that are done or gone held: the reservation, then the devices, then the protection. */
const syncClaim = (context: Context, claim: Claim): Outcome => {
  const { lookup, client } = context;
  const { namespace = '', name = '' } = claim.metadata;
  const users = claim.status?.reservedFor ?? [];
  const left = users.filter(({ resource, name: user, uid }) => {
    if (resource !== 'pods') return true;
    const pod = podWith(lookup, namespace, user, uid);
    return pod !== undefined && !isFinished(pod);
  });
  if (left.length < users.length || (users.length === 0 && claim.status?.allocation !== undefined)) {
    client.updateStatus(CLAIMS, namespace, name, (current) => {
      const { reservedFor: _, allocation, ...rest } = current.status;
      return {
        ...current,
        status: left.length === 0 ? rest : { ...rest, ...{ allocation }, reservedFor: left },
      } as Claim;
    });
    return { at: context.now };
  }
  if (users.length > 0 || claim.status?.allocation !== undefined) return undefined;
  const owner = claim.metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Pod' && controller);
  const pod = owner === undefined ? undefined : podWith(lookup, namespace, owner.name, owner.uid);
  const isDone = owner !== undefined && (pod === undefined || isFinished(pod));
  const isLeaving = isDone || claim.metadata.deletionTimestamp !== undefined;
  const isWanted = !isLeaving && isPromised(lookup, claim);
  if (claim.metadata.finalizers?.includes(DELETE_PROTECTION) === true && !isWanted) {
    client.update(CLAIMS, namespace, name, (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter((it) => it !== DELETE_PROTECTION),
      },
    }));
    return { at: context.now };
  }
  if (isDone && claim.metadata.deletionTimestamp === undefined) client.delete(CLAIMS, namespace, name);
  return undefined;
};

/** A pod was promised a node and is about to have the claim allocated. */
const isPromised = (lookup: Lookup, claim: Claim): boolean =>
  lookup
    .byIndex('pods', 'pods/waiting', 'scheduler')
    .some(
      (pod) =>
        pod.metadata.namespace === claim.metadata.namespace &&
        pod.status?.nominatedNodeName !== undefined &&
        claimNames(pod).includes(claim.metadata.name ?? ''),
    );

const claimNames = (pod: Pod): readonly string[] =>
  (pod.spec.resourceClaims ?? []).flatMap(
    (entry) => entry.resourceClaimName ?? statusOf(pod, entry.name)?.resourceClaimName ?? [],
  );

const podKeys = ({ op, object, previous }: ObjectChange<Pod>): readonly string[] => {
  if (object.spec?.resourceClaims === undefined) return [];
  const isOver = op === 'delete' || (isFinished(object) && (previous === undefined || !isFinished(previous)));
  if (isOver) return claimNames(object).map((name) => `claim ${object.metadata.namespace}/${name}`);
  return op === 'create' ? [`pod ${keyOf(object)}`] : [];
};

const claimKeys = ({ op, object, previous }: ObjectChange<Claim>): readonly string[] => {
  if (op === 'delete') return [];
  const isLeaving = object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp;
  return isLeaving || object.status?.reservedFor !== previous?.status?.reservedFor
    ? [`claim ${keyOf(object)}`]
    : [];
};

/** Makes ResourceClaims from pods' templates, and frees those whose pods are done (pkg/controller/resourceclaim, 1.36). */
export const resourceClaimController: Controller = {
  name: 'resourceclaim-controller',
  watches: [watch('pods', podKeys), watch(CLAIMS, claimKeys)],
  reconcile: (context, key): Outcome => {
    const space = key.indexOf(' ');
    const { namespace, name } = splitKey(key.slice(space + 1));
    if (key.startsWith('pod ')) {
      const pod = context.lookup.get('pods', namespace, name);
      return pod === undefined ? undefined : syncPod(context, pod);
    }
    const claim = context.lookup.get(CLAIMS, namespace, name);
    return claim === undefined ? undefined : syncClaim(context, claim);
  },
};

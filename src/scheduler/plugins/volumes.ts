import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../kinds/generated/types.ts';
import { canProvision, claimNames, claimsOf, findVolumeOn, type PodClaims, reaches } from '../claims.ts';
import { type Cycle, type Plugin, refuse, refuseForGood, type WakeRule } from '../contract.ts';
import type { NodeState } from '../snapshot.ts';

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind";
const GONE_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
const NO_ZONE = 'node(s) had no available volume zone';
const IN_USE =
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod';

const storageChanges: readonly WakeRule[] = [
  {
    resource: 'persistentvolumeclaims',
    matters: ({ op }) => op !== 'delete',
    concerns: ({ object }, pod) =>
      object.metadata.namespace === pod.metadata.namespace &&
      claimNames(pod).some(({ name }) => name === object.metadata.name),
  },
  { resource: 'persistentvolumes', matters: ({ op }) => op !== 'delete' },
  { resource: 'storageclasses.storage.k8s.io', matters: ({ op }) => op === 'create' },
  { resource: 'nodes', matters: ({ op }) => op === 'create' },
];

const volumeOf = (cycle: Cycle, claim: PersistentVolumeClaim): PersistentVolume | undefined =>
  cycle.lookup.get('persistentvolumes', '', claim.spec?.volumeName ?? '');

/** Upstream's VolumeRestrictions says it first, and waits for nothing but the claim. */
const MISSING_CLAIM = /persistentvolumeclaim "[^"]*" not found/;

/** Texts of verdicts about claims that refuse every node. */
const CLAIM_PROBLEMS = [
  'persistentvolumeclaim',
  'unbound immediate PersistentVolumeClaims',
  'was not created for pod',
] as const;

/** Bound volumes must be usable on the node; unbound ones must be findable or makeable there. */
export const volumeBinding: Plugin<PodClaims> = {
  name: 'VolumeBinding',
  preFilter: ({ lookup, pod }) => {
    if (pod.spec?.volumes === undefined) return undefined;
    const claims = claimsOf(lookup, pod);
    if ('problem' in claims) return { refusal: refuseForGood(claims.problem) };
    return claims.bound.length + claims.waiting.length === 0 ? undefined : { state: claims };
  },
  filter: (cycle, { node }, state) => {
    if (state === undefined) return undefined;
    for (const claim of state.bound) {
      const volume = volumeOf(cycle, claim);
      if (volume === undefined) return refuseForGood(GONE_VOLUME);
      if (!reaches(volume, node)) return refuseForGood(NODE_CONFLICT);
    }
    const taken = new Set<string>();
    for (const claim of state.waiting) {
      const volume = findVolumeOn(cycle.lookup, claim, node, taken);
      if (volume !== undefined) taken.add(volume.metadata.name ?? '');
      else if (!canProvision(cycle.lookup, claim, node)) return refuseForGood(NO_VOLUME);
    }
    return undefined;
  },
  wakesOn: storageChanges,
  refused: (message) =>
    !MISSING_CLAIM.test(message) &&
    [NODE_CONFLICT, NO_VOLUME, GONE_VOLUME, ...CLAIM_PROBLEMS].some((text) => message.includes(text)),
};

const ZONE_LABELS = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
] as const;

/** Volumes that carry zone labels are only usable in those zones. */
export const volumeZone: Plugin<readonly PersistentVolume[]> = {
  name: 'VolumeZone',
  preFilter: (cycle) => {
    if (cycle.pod.spec?.volumes === undefined) return undefined;
    const claims = claimsOf(cycle.lookup, cycle.pod);
    if ('problem' in claims) return undefined;
    const zoned = claims.bound.flatMap((claim) => {
      const volume = volumeOf(cycle, claim);
      const labels = volume?.metadata.labels;
      return volume !== undefined && ZONE_LABELS.some((key) => labels?.[key] !== undefined) ? [volume] : [];
    });
    return zoned.length === 0 ? undefined : { state: zoned };
  },
  filter: (_cycle, { node }, volumes = []) => {
    const labels = node.metadata.labels ?? {};
    if (!ZONE_LABELS.some((key) => labels[key] !== undefined)) return undefined;
    const isElsewhere = volumes.some((volume) =>
      ZONE_LABELS.some((key) => {
        const zones = volume.metadata.labels?.[key];
        return zones !== undefined && !zones.split('__').includes(labels[key] ?? '');
      }),
    );
    return isElsewhere ? refuseForGood(NO_ZONE) : undefined;
  },
  wakesOn: storageChanges,
  refused: (message) => message.includes(NO_ZONE),
};

const usesClaim = (pod: Pod, name: string): boolean =>
  (pod.spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name);

const exclusiveClaims = ({ pod, lookup }: Cycle): readonly string[] =>
  (pod.spec?.volumes ?? []).flatMap((volume) => {
    const name = volume.persistentVolumeClaim?.claimName;
    if (name === undefined) return [];
    const claim = lookup.get('persistentvolumeclaims', pod.metadata.namespace ?? '', name);
    return claim?.spec?.accessModes?.includes('ReadWriteOncePod') === true ? [name] : [];
  });

const holds = (node: NodeState, pod: Pod, claims: readonly string[]): boolean =>
  [...node.pods.values()].some(
    (other) =>
      other.metadata.namespace === pod.metadata.namespace && claims.some((claim) => usesClaim(other, claim)),
  );

/** A ReadWriteOncePod claim is for one pod at a time, wherever it runs. */
export const volumeRestrictions: Plugin<{ readonly claims: readonly string[]; readonly holders: number }> = {
  name: 'VolumeRestrictions',
  preFilter: (cycle) => {
    const claims = exclusiveClaims(cycle);
    if (claims.length === 0) return undefined;
    const holders = cycle.nodes.filter((node) => holds(node, cycle.pod, claims)).length;
    return holders === 0 ? undefined : { state: { claims, holders } };
  },
  // Only the node that runs the holder can be helped by preemption; upstream says the same of every node.
  filter: (_cycle, _node, state) => (state === undefined ? undefined : refuse(IN_USE)),
  wakesOn: [
    {
      resource: 'pods',
      matters: ({ op }) => op === 'delete',
      concerns: ({ object }, pod) =>
        claimNames(pod).some(({ name }) => usesClaim(object as Pod, name)) &&
        object.metadata.namespace === pod.metadata.namespace,
    },
    ...storageChanges.filter(({ resource }) => resource === 'persistentvolumeclaims'),
  ],
  refused: (message) => message.includes(IN_USE) || MISSING_CLAIM.test(message),
};

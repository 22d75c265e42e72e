import type { Pod } from '../kinds/generated/types.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';

type Volume = NonNullable<Pod['spec']['volumes']>[number];

const ephemeralVolumes = (pod: Pod): readonly Volume[] =>
  (pod.spec.volumes ?? []).filter((volume) => volume.ephemeral !== undefined);

/** Makes the claim of one volume; false when a claim of that name belongs to somebody else. */
const ensureClaim = (context: Context, pod: Pod, volume: Volume): boolean => {
  const namespace = pod.metadata.namespace ?? '';
  const name = `${pod.metadata.name}-${volume.name}`;
  const existing = context.lookup.get('persistentvolumeclaims', namespace, name);
  if (existing !== undefined) {
    if (existing.metadata.ownerReferences?.some((owner) => owner.uid === pod.metadata.uid) === true)
      return true;
    context.client.event(pod, {
      type: 'Warning',
      reason: 'FailedBinding',
      message: `ephemeral volume ${volume.name}: PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
      component: 'ephemeral_volume',
    });
    return false;
  }
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template === undefined) return true;
  context.client.create('persistentvolumeclaims', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}),
      ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          name: pod.metadata.name ?? '',
          uid: pod.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec,
    status: {},
  });
  return true;
};

/** Makes the claims of pods' generic ephemeral volumes (pkg/controller/volume/ephemeral). */
export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume-controller',
  watches: [
    watch('pods', ({ op, object }) =>
      op === 'create' && ephemeralVolumes(object).length > 0 ? [keyOf(object)] : [],
    ),
    watch('persistentvolumeclaims', ({ op, object }) => {
      const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Pod');
      return op === 'delete' && owner !== undefined ? [`${object.metadata.namespace}/${owner.name}`] : [];
    }),
  ],
  reconcile: (context, key): Outcome => {
    const { namespace, name } = splitKey(key);
    const pod = context.lookup.get('pods', namespace, name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    let isDone = true;
    for (const volume of ephemeralVolumes(pod)) isDone = ensureClaim(context, pod, volume) && isDone;
    return isDone ? undefined : { at: context.now, retry: true };
  },
};

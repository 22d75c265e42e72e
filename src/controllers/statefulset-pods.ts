/** Identity of the pods of a StatefulSet (pkg/controller/statefulset/stateful_set_utils.go, 1.36). */

import type { Pod, PodTemplateSpec, StatefulSet } from '../kinds/generated/types.ts';
import { StatusError } from '../machinery/status.ts';
import { podFromTemplate } from './common/pods.ts';
import { POD_REVISION_LABEL } from './common/revisions.ts';
import type { Context } from './contract.ts';
import { claimNames, createClaims, syncClaimOwners } from './statefulset-claims.ts';
import { ordinalOf } from './statefulset-ordinals.ts';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

const volumesFor = (set: StatefulSet, pod: Pod, ordinal: number): NonNullable<Pod['spec']>['volumes'] => {
  const claims = claimNames(set, ordinal);
  const own = (pod.spec?.volumes ?? []).filter((volume) => !claims.has(volume.name));
  const claimed = [...claims].map(([name, claimName]) => ({ name, persistentVolumeClaim: { claimName } }));
  return [...claimed, ...own];
};

const identityLabels = (name: string, ordinal: number): Readonly<Record<string, string>> => ({
  [POD_NAME_LABEL]: name,
  [POD_INDEX_LABEL]: String(ordinal),
});

/** The pod of an ordinal, from the template of a revision. */
export const makePod = (
  set: StatefulSet,
  template: PodTemplateSpec | undefined,
  revision: string,
  ordinal: number,
): Pod => {
  const base = podFromTemplate(template, set);
  const name = `${set.metadata.name ?? ''}-${ordinal}`;
  const volumes = volumesFor(set, base, ordinal);
  return {
    ...base,
    metadata: {
      ...base.metadata,
      name,
      labels: { ...base.metadata.labels, ...identityLabels(name, ordinal), [POD_REVISION_LABEL]: revision },
    },
    spec: {
      ...base.spec,
      hostname: name,
      subdomain: set.spec?.serviceName ?? '',
      ...(volumes === undefined || volumes.length === 0 ? {} : { volumes }),
    } as Pod['spec'] & object,
  };
};

const isNamed = (pod: Pod): boolean => pod.metadata.labels?.[POD_NAME_LABEL] === pod.metadata.name;

const storedVolumesMatch = (set: StatefulSet, pod: Pod): boolean =>
  [...claimNames(set, ordinalOf(set, pod))].every(([name, claimName]) =>
    pod.spec?.volumes?.some(
      (volume) => volume.name === name && volume.persistentVolumeClaim?.claimName === claimName,
    ),
  );

const note = (
  context: Context,
  set: StatefulSet,
  pod: Pod,
  verb: 'Create' | 'Update' | 'Delete',
  failure?: string,
): void => {
  const subject = `${verb} Pod ${pod.metadata.name ?? ''} in StatefulSet ${set.metadata.name ?? ''}`;
  context.client.event(
    set,
    failure === undefined
      ? { type: 'Normal', reason: `Successful${verb}`, message: `${subject} successful` }
      : { type: 'Warning', reason: `Failed${verb}`, message: `${subject} failed error: ${failure}` },
  );
};

/** Does a write; the text of a refusal. */
const refusalOf = (write: () => void): StatusError | undefined => {
  try {
    write();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
};

/**
 * Makes the claims, then the pod. False when it failed, which has its Event (but for a name that is taken). The claims
 * get their owners even when the pod is refused.
 */
export const createStatefulPod = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  const unclaimed = createClaims(context, set, pod);
  if (unclaimed !== undefined) {
    note(context, set, pod, 'Create', unclaimed);
    return false;
  }
  let made = pod;
  const refused = refusalOf(() => {
    made = context.client.create('pods', pod);
  });
  if (refused?.status.reason === 'AlreadyExists') return false;
  syncClaimOwners(context, set, made);
  note(context, set, pod, 'Create', refused?.message);
  return refused === undefined;
};

/** Deletes a pod; false when it failed. Both have their Event. */
export const deleteStatefulPod = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  const { namespace = '', name = '', uid } = pod.metadata;
  let wasThere = true;
  const refused = refusalOf(() => {
    wasThere = context.client.delete('pods', namespace, name, uid === undefined ? {} : { uid });
  });
  if (wasThere) note(context, set, pod, 'Delete', refused?.message);
  return refused === undefined;
};

/** Makes claims that went missing while the pod waits for them; false when one cannot be made. */
export const createMissingClaims = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  if (createClaims(context, set, pod) !== undefined) return false;
  syncClaimOwners(context, set, pod);
  return true;
};

/** Repairs labels, volumes and claims of an existing pod, and tells if there was something to repair. */
export const repairPod = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  const hasVolumes = storedVolumesMatch(set, pod);
  const unclaimed = hasVolumes ? undefined : createClaims(context, set, pod);
  if (unclaimed !== undefined) {
    note(context, set, pod, 'Update', unclaimed);
    return false;
  }
  const hasNewOwners = syncClaimOwners(context, set, pod);
  if (isNamed(pod) && hasVolumes && !hasNewOwners) return true;
  const { namespace = '', name = '' } = pod.metadata;
  const ordinal = ordinalOf(set, pod);
  const refused = refusalOf(() =>
    context.client.update('pods', namespace, name, (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        labels: { ...current.metadata.labels, ...identityLabels(name, ordinal) },
      },
      ...(hasVolumes || current.spec === undefined
        ? {}
        : { spec: { ...current.spec, volumes: volumesFor(set, current, ordinal) ?? [] } }),
    })),
  );
  note(context, set, pod, 'Update', refused?.message);
  return refused === undefined;
};

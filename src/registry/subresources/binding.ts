/** pods/binding (and the legacy bindings resource): assigns a pod to a node (pkg/registry/core/pod/storage). */

import type { Identity } from '../../auth/identity.ts';
import { type FieldError, notSupported, printFieldErrors, required } from '../../machinery/field-error.ts';
import { asRecord, type Draft, type KubeObject } from '../../machinery/object.ts';
import { badRequest, conflict, makeStatus, notFound, StatusError } from '../../machinery/status.ts';
import { type Instant, printTime } from '../../machinery/time.ts';
import type { Target, WriteOptions } from '../contract.ts';
import { keyOfKind, type RegistryDeps, refOf } from '../dependencies.ts';
import { metaOf } from '../system-fields.ts';
import { update } from '../update.ts';

interface Binding {
  readonly metadata?: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly target?: { readonly kind?: string; readonly name?: string };
}

const checkBinding = (binding: Binding): FieldError[] => [
  ...(binding.target?.kind === undefined || binding.target.kind === '' || binding.target.kind === 'Node'
    ? []
    : [notSupported('target.kind', binding.target.kind, ['Node', '<empty>'])]),
  ...(binding.target?.name ? [] : [required('target.name')]),
];

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly schedulingGates?: readonly unknown[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
}

const refusal = (pod: Pod): string | undefined => {
  const name = pod.metadata.name ?? '';
  if (pod.metadata.deletionTimestamp !== undefined) {
    return `pod ${name} is being deleted, cannot be assigned to a host`;
  }
  if (pod.spec?.nodeName)
    return `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`;
  if ((pod.spec?.schedulingGates ?? []).length > 0) return `pod ${name} has non-empty .spec.schedulingGates`;
  return undefined;
};

/** Sets or replaces one condition of a pod draft, keeping the order of the others. */
export const setPodCondition = (draft: Draft, condition: Draft): void => {
  const status = (draft['status'] ?? {}) as Draft;
  const before = (status['conditions'] ?? []) as readonly Draft[];
  const others = before.filter((item) => item['type'] !== condition['type']);
  const index = before.findIndex((item) => item['type'] === condition['type']);
  const at = index < 0 ? others.length : index;
  status['conditions'] = [...others.slice(0, at), condition, ...others.slice(at)];
  draft['status'] = status;
};

/** The pod on its node. Shares with the one before what it does not change. */
const boundPod = (current: KubeObject, { metadata, target }: Binding, now: Instant): Draft => {
  const { spec, status } = asRecord(current) as { readonly spec?: Draft; readonly status?: Draft };
  const { annotations, labels } = metadata ?? {};
  // The promise is kept: a bound pod has no nomination any more (1.35 and later).
  const { nominatedNodeName: _promise, ...rest } = status ?? {};
  const pod: Draft = {
    ...asRecord(current),
    metadata: {
      ...current.metadata,
      ...(annotations === undefined
        ? {}
        : { annotations: { ...current.metadata.annotations, ...annotations } }),
      ...(labels === undefined ? {} : { labels: { ...labels, ...current.metadata.labels } }),
    },
    spec: { ...spec, nodeName: target?.name ?? '' },
    status: rest,
  };
  setPodCondition(pod, {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: printTime(now),
  });
  return pod;
};

/** Assigns the pod; throws 409 when it is assigned, gated or being deleted. */
export const bindPod = (
  deps: RegistryDeps,
  target: Target,
  draft: Draft,
  identity: Identity,
  options: WriteOptions,
): void => {
  const binding = draft as Binding;
  const { kind } = target;
  const name = target.name ?? metaOf(draft).name ?? '';
  const given = metaOf(draft).name ?? '';
  if (given !== name) throw badRequest('name in URL does not match name in Binding object');
  const errors = checkBinding(binding);
  // Upstream does not make a refusal of them.
  if (errors.length > 0) throw new StatusError(makeStatus(500, undefined, printFieldErrors(errors)));
  const key = keyOfKind(kind, target.namespace, name);
  if (deps.store.get(key) === undefined) throw notFound(refOf(kind), name);
  const { uid, resourceVersion } = binding.metadata ?? {};
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  update(
    deps,
    { ...target, name },
    (_draft, current) => {
      const reason = refusal(current as Pod);
      if (reason !== undefined) throw conflict({ group: '', resource: 'pods/binding' }, name, reason);
      return boundPod(current, binding, deps.now());
    },
    identity,
    { ...options, replaces: true, shares: true, preconditions },
  );
};

/** The phase a pod is in, `Pending` when it has none. */
export const phaseOf = (pod: KubeObject): string =>
  ((asRecord(pod)['status'] ?? {}) as { readonly phase?: string }).phase ?? 'Pending';

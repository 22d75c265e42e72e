/**
 * CustomResourceDefinitions become kinds and stop being kinds (apiextensions-apiserver pkg/controller/status,
 * establish and finalizer, release 1.36). The key is the definition's name.
 */

import type { CustomResourceDefinition } from '../kinds/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { printTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import { acceptNames } from './common/custom-names.ts';
import { type Context, type Controller, type Outcome, watch } from './contract.ts';

const FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';
const APPROVAL = 'api-approved.kubernetes.io';

/** Instances deleted in one call. */
const BATCH = 20;

/** How often upstream looks whether the last instance is gone. */
const POLL_MS = 5_000;

type Status = NonNullable<CustomResourceDefinition['status']>;
type Condition = NonNullable<Status['conditions']>[number];
type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Conditions with one of them set; its time moves with its status. */
const withCondition = (
  conditions: readonly Condition[] | null | undefined,
  verdict: Verdict,
  now: string,
): readonly Condition[] => {
  const known = conditions ?? [];
  const old = known.find((condition) => condition.type === verdict.type);
  const lastTransitionTime = old?.status === verdict.status ? (old.lastTransitionTime ?? now) : now;
  const next: Condition = {
    type: verdict.type,
    status: verdict.status,
    lastTransitionTime,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  };
  return old === undefined ? [...known, next] : known.map((each) => (each === old ? next : each));
};

const isTrue = (crd: CustomResourceDefinition, type: string): boolean =>
  findCondition(crd.status?.conditions ?? undefined, type)?.status === 'True';

const writeStatus = (context: Context, crd: CustomResourceDefinition, status: Status): void => {
  context.client.updateStatus(
    'customresourcedefinitions.apiextensions.k8s.io',
    '',
    crd.metadata.name ?? '',
    (current) => ({ ...current, status }),
  );
};

/** Kubernetes' own groups say where they were approved. */
const approvalOf = (crd: CustomResourceDefinition): Verdict | undefined => {
  const { group } = crd.spec;
  if (group !== 'k8s.io' && group !== 'kubernetes.io' && !/\.(?:k8s|kubernetes)\.io$/.test(group))
    return undefined;
  const approval = crd.metadata.annotations?.[APPROVAL] ?? '';
  const type = 'KubernetesAPIApprovalPolicyConformant';
  if (/^https?:\/\//.test(approval)) {
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${approval}` };
  }
  if (approval.startsWith('unapproved')) {
    const message = `not approved: ${JSON.stringify(approval)}`;
    return { type, status: 'False', reason: 'UnapprovedAnnotation', message };
  }
  return {
    type,
    status: 'False',
    reason: 'MissingAnnotation',
    message: `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`,
  };
};

/** Accepts names, then establishes: two writes, as watchers see them upstream. */
const settle = (context: Context, crd: CustomResourceDefinition): void => {
  const now = printTime(context.now);
  const { status } = crd;
  const others = context.lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .filter((other) => other.spec.group === crd.spec.group && other.metadata.uid !== crd.metadata.uid);
  const { accepted, conflict } = acceptNames(crd, others);
  const named: Verdict = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  let conditions = withCondition(status?.conditions, named, now);
  const established = findCondition(conditions, 'Established');
  if (established === undefined || established.status !== 'True') {
    const verdict: Verdict = conflict
      ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
      : {
          type: 'Established',
          status: 'False',
          reason: 'Installing',
          message: 'the initial names have been accepted',
        };
    if (conflict === undefined || established === undefined)
      conditions = withCondition(conditions, verdict, now);
  }
  const approval = approvalOf(crd);
  if (approval) conditions = withCondition(conditions, approval, now);
  const storedVersions = status?.storedVersions ?? [];
  writeStatus(context, crd, { ...status, conditions, acceptedNames: accepted, storedVersions });
};

const establish = (context: Context, crd: CustomResourceDefinition): void => {
  const verdict: Verdict = {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
  const conditions = withCondition(crd.status?.conditions, verdict, printTime(context.now));
  writeStatus(context, crd, { ...crd.status, storedVersions: crd.status?.storedVersions ?? [], conditions });
};

const instancesOf = (context: Context, crd: CustomResourceDefinition): readonly KubeObject[] => {
  const name = `${crd.spec.names.plural}.${crd.spec.group}`;
  // Instances are of a kind made at run time, which no resource type names.
  return context.lookup.list(name as 'pods') as readonly KubeObject[];
};

/** What upstream says of instances that nobody ever asked for: their storage is only set up by the question. */
const NOT_READY: Verdict = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionFailed',
  message: 'could not list instances: storage is (re)initializing',
};

const IN_PROGRESS: Verdict = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
};

const tell = (context: Context, crd: CustomResourceDefinition, verdict: Verdict): void => {
  const conditions = withCondition(crd.status?.conditions, verdict, printTime(context.now));
  writeStatus(context, crd, { ...crd.status, storedVersions: crd.status?.storedVersions ?? [], conditions });
};

/** True once for a definition without instances, whose first listing fails; an instant cluster does not show it. */
const failsFirst = (context: Context, crd: CustomResourceDefinition): boolean => {
  const name = crd.metadata.name ?? '';
  if (context.latency === 'instant' || context.notes.get(name) !== undefined) return false;
  if (instancesOf(context, crd).length > 0) return false;
  context.notes.set(name, 'listed');
  return true;
};

const retire = (context: Context, crd: CustomResourceDefinition): Outcome => {
  if (!(crd.metadata.finalizers ?? []).includes(FINALIZER)) return undefined;
  const terminating = findCondition(crd.status?.conditions ?? undefined, 'Terminating');
  if (terminating?.reason !== IN_PROGRESS.reason) {
    tell(context, crd, IN_PROGRESS);
    return { at: context.now };
  }
  if (failsFirst(context, crd)) {
    tell(context, crd, NOT_READY);
    return { at: context.now, retry: true };
  }
  const live = instancesOf(context, crd).filter((each) => each.metadata.deletionTimestamp === undefined);
  for (const instance of live.slice(0, BATCH)) context.client.deleteObject(instance);
  if (live.length > BATCH) return { at: context.now };
  if (instancesOf(context, crd).length > 0) {
    context.notes.set(crd.metadata.name ?? '', 'listed');
    return { at: context.now + POLL_MS };
  }
  context.notes.set(crd.metadata.name ?? '', undefined);
  context.client.update(
    'customresourcedefinitions.apiextensions.k8s.io',
    '',
    crd.metadata.name ?? '',
    (current) => {
      const finalizers = (current.metadata.finalizers ?? []).filter((each) => each !== FINALIZER);
      return { ...current, metadata: { ...current.metadata, finalizers } };
    },
  );
  return undefined;
};

const reconcile = (context: Context, name: string): Outcome => {
  const crd = context.lookup.get('customresourcedefinitions.apiextensions.k8s.io', '', name);
  if (crd === undefined) return undefined;
  if (crd.metadata.deletionTimestamp !== undefined) return retire(context, crd);
  settle(context, crd);
  const settled = context.lookup.get('customresourcedefinitions.apiextensions.k8s.io', '', name);
  if (settled && isTrue(settled, 'NamesAccepted') && !isTrue(settled, 'Established'))
    establish(context, settled);
  return undefined;
};

/** Definitions of a group that wait for a name somebody else has. */
const waiting = (group: string, lookup: Context['lookup']): readonly string[] =>
  lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .filter((crd) => crd.spec.group === group && !isTrue(crd, 'NamesAccepted'))
    .map((crd) => crd.metadata.name ?? '');

/** Accepts names, establishes, and deletes the instances of definitions that are being deleted. */
export const customDefinitionController: Controller = {
  name: 'crd-controller',
  watches: [
    watch('customresourcedefinitions.apiextensions.k8s.io', ({ op, object }, lookup) =>
      op === 'delete' ? waiting(object.spec.group, lookup) : [object.metadata.name ?? ''],
    ),
  ],
  reconcile,
};

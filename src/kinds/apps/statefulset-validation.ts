/** Rules of stateful sets (pkg/apis/apps/validation, 1.36). */

import { type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  checkAnnotations,
  checkAtMostWhole,
  checkEach,
  checkIntOrPercent,
  checkLabelName,
  checkLabels,
  checkNonNegative,
  checkOneOf,
  type Errors,
  isSame,
} from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import {
  checkAvailable,
  checkCollisions,
  checkCounts,
  checkWithinReplicas,
} from '../common/replica-status-validation.ts';
import {
  checkAlwaysRestarted,
  checkRequiredSelector,
  checkSelected,
  readSelector,
  roughCount,
} from '../common/workload-validation.ts';
import { checkClaimSpec } from '../core/claim-spec-validation.ts';
import { checkPodAnnotations } from '../core/pod-annotation-validation.ts';
import { placedContainers } from '../core/pod-spec-validation.ts';
import { checkPodTemplate, specOfTemplate } from '../core/pod-template-validation.ts';
import type {
  PodTemplateSpec,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
  Volume,
} from '../generated/types.ts';

const POLICIES = ['Retain', 'Delete'];

const checkMaxUnavailable = (errors: Errors, path: string, value: number | string): void => {
  checkIntOrPercent(errors, path, value);
  if (roughCount(value) === 0) errors.push(invalidValue(path, value, 'cannot be 0'));
  checkAtMostWhole(errors, path, value);
};

const checkStrategy = (
  errors: Errors,
  path: string,
  strategy: StatefulSetUpdateStrategy | undefined,
): void => {
  const { type = '', rollingUpdate } = strategy ?? {};
  const at = `${path}.rollingUpdate`;
  if (type === '') errors.push(required(path));
  else if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return;
    const shown = internalForm('RollingUpdateStatefulSetStrategy', rollingUpdate);
    errors.push(invalidValue(at, shown, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type === 'RollingUpdate') {
    checkNonNegative(errors, `${at}.partition`, rollingUpdate?.partition);
    if (rollingUpdate?.maxUnavailable !== undefined) {
      checkMaxUnavailable(errors, `${at}.maxUnavailable`, rollingUpdate.maxUnavailable);
    }
  } else {
    const shown = internalForm('StatefulSetUpdateStrategy', strategy);
    errors.push(invalidValue(path, shown, "must be 'RollingUpdate' or 'OnDelete'"));
  }
};

const checkManagement = (errors: Errors, path: string, policy: string): void => {
  if (policy === '') errors.push(required(path));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalidValue(path, policy, "must be 'OrderedReady' or 'Parallel'"));
  }
};

/** The pods' volumes: those of the claims come first and hide volumes of the same name. */
const withClaims = (spec: StatefulSetSpec): PodTemplateSpec => {
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }): Volume => {
    const name = metadata?.name ?? '';
    return { name, persistentVolumeClaim: { claimName: name, readOnly: false } };
  });
  const own = specOfTemplate(spec.template);
  const names = new Set(claims.map(({ name }) => name));
  const volumes = [...claims, ...(own.volumes ?? []).filter(({ name }) => !names.has(name))];
  return { ...spec.template, spec: { ...own, ...(volumes.length > 0 ? { volumes } : {}) } };
};

const checkTemplate = (errors: Errors, path: string, spec: StatefulSetSpec): void => {
  const { labels, annotations } = spec.template?.metadata ?? {};
  const own = specOfTemplate(spec.template);
  // Upstream judges the metadata here and once more with the whole template.
  checkLabels(errors, `${path}.labels`, labels);
  checkAnnotations(errors, `${path}.annotations`, annotations);
  checkPodAnnotations(errors, `${path}.annotations`, annotations, own, placedContainers(`${path}.spec`, own));
  checkPodTemplate(errors, path, withClaims(spec));
};

const specOf = (object: KubeObject): StatefulSetSpec =>
  (object as Partial<StatefulSet>).spec ?? ({} as StatefulSetSpec);

const checkCountsOfSpec = (errors: Errors, spec: StatefulSetSpec): void => {
  const { persistentVolumeClaimRetentionPolicy: retention, ordinals } = spec;
  if (retention !== undefined) {
    const at = 'spec.persistentVolumeClaimRetentionPolicy';
    checkOneOf(errors, `${at}.whenDeleted`, retention.whenDeleted, POLICIES);
    checkOneOf(errors, `${at}.whenScaled`, retention.whenScaled, POLICIES);
  }
  checkNonNegative(errors, 'spec.replicas', spec.replicas);
  checkNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  checkNonNegative(errors, 'spec.ordinals.start', ordinals?.start);
};

const checkSpec = (errors: Errors, spec: StatefulSetSpec, old: StatefulSetSpec | undefined): void => {
  checkManagement(errors, 'spec.podManagementPolicy', spec.podManagementPolicy ?? '');
  checkStrategy(errors, 'spec.updateStrategy', spec.updateStrategy);
  checkCountsOfSpec(errors, spec);
  const { serviceName } = spec;
  if (serviceName && serviceName !== old?.serviceName)
    checkLabelName(errors, 'spec.serviceName', serviceName);
  checkEach(errors, 'spec.volumeClaimTemplates', spec.volumeClaimTemplates, (found, at, claim) =>
    checkClaimSpec(found, `${at}.spec`, claim?.spec),
  );
  checkRequiredSelector(errors, 'spec.selector', spec.selector, 'empty selector is invalid for statefulset');
  const terms = readSelector(errors, 'spec.selector', spec.selector, '');
  if (terms !== undefined) {
    checkSelected(errors, 'spec.template', terms, spec.template?.metadata?.labels);
    checkTemplate(errors, 'spec.template', spec);
  }
  checkAlwaysRestarted(errors, 'spec.template', spec.template, 'StatefulSet');
};

/** A new stateful set. */
export const validateStatefulSet = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), undefined);
  return errors;
};

const CHANGEABLE = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);
const FIXED =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** Claim templates keep no apiVersion and kind inside the server. */
const comparable = (spec: StatefulSetSpec): Readonly<Record<string, unknown>> => ({
  ...spec,
  volumeClaimTemplates: spec.volumeClaimTemplates?.map((claim) => ({
    ...claim,
    apiVersion: undefined,
    kind: undefined,
  })),
});

const isChanged = (next: StatefulSetSpec, old: StatefulSetSpec): boolean => {
  const [left, right] = [comparable(next), comparable(old)];
  const fields = new Set([...Object.keys(next), ...Object.keys(old)]);
  return [...fields].some((field) => !CHANGEABLE.has(field) && !isSame(left[field], right[field]));
};

/** A changed stateful set: most of its spec is fixed. */
export const validateStatefulSetUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), specOf(old));
  if (isChanged(specOf(object), specOf(old))) errors.push(forbiddenField('spec', FIXED));
  return errors;
};

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
];

type Counts = Readonly<Record<string, unknown>>;

/** A stateful set's status. */
export const validateStatefulSetStatus = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const status = (object as Partial<StatefulSet>).status as unknown as Counts | undefined;
  checkCounts(errors, status, COUNTS);
  checkWithinReplicas(errors, status, [
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'availableReplicas',
  ]);
  checkAvailable(errors, status, 'cannot be greater than status.readyReplicas');
  checkCollisions(errors, status, (old as Partial<StatefulSet>).status as unknown as Counts | undefined);
  return errors;
};

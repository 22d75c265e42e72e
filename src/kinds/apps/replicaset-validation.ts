/** Rules of replica sets (pkg/apis/apps/validation, 1.36). */

import type { FieldError } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkNonNegative, type Errors } from '../common/checks.ts';
import { checkAvailable, checkCounts, checkWithinReplicas } from '../common/replica-status-validation.ts';
import {
  checkReplicatedTemplate,
  checkRequiredSelector,
  checkSameSelector,
  readSelector,
} from '../common/workload-validation.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../generated/types.ts';

// Upstream says so of replica sets too.
const EMPTY = 'empty selector is invalid for deployment';

const specOf = (object: KubeObject): ReplicaSetSpec =>
  (object as Partial<ReplicaSet>).spec ?? ({} as ReplicaSetSpec);

const checkSpec = (errors: Errors, spec: ReplicaSetSpec, old: ReplicaSetSpec | undefined): void => {
  checkNonNegative(errors, 'spec.replicas', spec.replicas);
  checkNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  checkRequiredSelector(errors, 'spec.selector', spec.selector, EMPTY);
  const terms = readSelector(errors, 'spec.selector', spec.selector, 'invalid label selector');
  if (terms === undefined) return;
  checkReplicatedTemplate(errors, 'spec.template', spec.template, terms, spec.replicas ?? 0, old?.template);
};

/** A new replica set. */
export const validateReplicaSet = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), undefined);
  return errors;
};

/** A changed replica set, whose selector is fixed. */
export const validateReplicaSetUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), specOf(old));
  checkSameSelector(errors, 'spec.selector', specOf(object).selector, specOf(old).selector);
  return errors;
};

const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
];

/** The status of a replica set, or of a replication controller. */
export const validateReplicaStatus = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const status = (object as Partial<ReplicaSet>).status as unknown as
    | Readonly<Record<string, unknown>>
    | undefined;
  checkCounts(errors, status, COUNTS);
  checkWithinReplicas(errors, status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']);
  checkAvailable(errors, status);
  return errors;
};

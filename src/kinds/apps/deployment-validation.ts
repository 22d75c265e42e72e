/** Rules of deployments (pkg/apis/apps/validation, 1.36). */

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkAtMostWhole, checkIntOrPercent, checkNonNegative, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import {
  checkAvailable,
  checkCollisions,
  checkCounts,
  checkWithinReplicas,
} from '../common/replica-status-validation.ts';
import {
  checkReplicatedTemplate,
  checkRequiredSelector,
  checkSameSelector,
  readSelector,
  roughCount,
} from '../common/workload-validation.ts';
import type {
  Deployment,
  DeploymentSpec,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from '../generated/types.ts';

const EMPTY = 'empty selector is invalid for deployment';
const UNREADABLE = 'invalid label selector';

const checkRolling = (errors: Errors, path: string, rolling: RollingUpdateDeployment): void => {
  const { maxUnavailable = 0, maxSurge = 0 } = rolling;
  checkIntOrPercent(errors, `${path}.maxUnavailable`, maxUnavailable);
  checkIntOrPercent(errors, `${path}.maxSurge`, maxSurge);
  if (roughCount(maxUnavailable) === 0 && roughCount(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  checkAtMostWhole(errors, `${path}.maxUnavailable`, maxUnavailable);
};

const checkStrategy = (errors: Errors, path: string, strategy: DeploymentStrategy | undefined): void => {
  const { type = '', rollingUpdate } = strategy ?? {};
  const at = `${path}.rollingUpdate`;
  if (type === 'Recreate') {
    if (rollingUpdate)
      errors.push(forbiddenField(at, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type === 'RollingUpdate') {
    if (rollingUpdate) checkRolling(errors, at, rollingUpdate);
    else errors.push(required(at, 'this should be defaulted and never be nil'));
  } else {
    errors.push(
      notSupported(path, internalForm('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate']),
    );
  }
};

const specOf = (object: KubeObject): DeploymentSpec =>
  (object as Partial<Deployment>).spec ?? ({} as DeploymentSpec);

const checkProgress = (errors: Errors, spec: DeploymentSpec): void => {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined) return;
  checkNonNegative(errors, 'spec.progressDeadlineSeconds', deadline);
  if (deadline > minReadySeconds) return;
  errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
};

const checkSpec = (errors: Errors, spec: DeploymentSpec, old: DeploymentSpec | undefined): void => {
  checkNonNegative(errors, 'spec.replicas', spec.replicas);
  checkRequiredSelector(errors, 'spec.selector', spec.selector, EMPTY);
  const terms = readSelector(errors, 'spec.selector', spec.selector, UNREADABLE);
  if (terms !== undefined) {
    checkReplicatedTemplate(errors, 'spec.template', spec.template, terms, spec.replicas ?? 0, old?.template);
  }
  checkStrategy(errors, 'spec.strategy', spec.strategy);
  checkNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  checkNonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  checkProgress(errors, spec);
};

/** A new deployment. */
export const validateDeployment = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), undefined);
  return errors;
};

/** A changed deployment, whose selector is fixed. */
export const validateDeploymentUpdate = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkSpec(errors, specOf(object), specOf(old));
  checkSameSelector(errors, 'spec.selector', specOf(object).selector, specOf(old).selector);
  return errors;
};

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'terminatingReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
];

type Counts = Readonly<Record<string, unknown>>;

/** A deployment's status. */
export const validateDeploymentStatus = (object: KubeObject, old: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const status = (object as Partial<Deployment>).status as unknown as Counts | undefined;
  checkCounts(errors, status, COUNTS);
  checkWithinReplicas(errors, status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']);
  checkAvailable(errors, status);
  checkCollisions(errors, status, (old as Partial<Deployment>).status as unknown as Counts | undefined);
  return errors;
};

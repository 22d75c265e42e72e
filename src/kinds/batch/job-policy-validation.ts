/** Rules of a job's failure and success policies (pkg/apis/batch/validation, 1.36). */

import {
  duplicate,
  invalidValue,
  invalidWithoutValue,
  notSupported,
  required,
  tooMany,
} from '../../machinery/field-error.ts';
import {
  checkEach,
  checkLength,
  checkNonNegative,
  checkQualifiedName,
  type Errors,
} from '../common/checks.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../generated/types.ts';
import { countIndexes } from './index-list.ts';

const MAX_RULES = 20;
const MAX_PATTERNS = 20;
const MAX_EXIT_CODES = 255;
const MAX_INDEXES_LENGTH = 64 * 1024;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

/** Like an unsupported value, but absence lists the values in Go's way. */
const checkListed = (errors: Errors, path: string, value: string, choices: readonly string[]): void => {
  if (value === '') {
    errors.push(
      required(path, `valid values: [${choices.map((choice) => JSON.stringify(choice)).join(' ')}]`),
    );
  } else if (!choices.includes(value)) errors.push(notSupported(path, value, choices));
};

const checkExitCodes = (
  errors: Errors,
  path: string,
  requirement: PodFailurePolicyOnExitCodesRequirement,
  containers: ReadonlySet<string>,
): void => {
  const { operator = '', containerName } = requirement as Partial<PodFailurePolicyOnExitCodesRequirement>;
  checkListed(errors, `${path}.operator`, operator, OPERATORS);
  if (containerName !== undefined && containerName !== null && !containers.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${path}.containerName`, containerName, detail));
  }
  const values = requirement.values ?? [];
  const at = `${path}.values`;
  if (values.length === 0)
    errors.push(invalidValue(at, requirement.values ?? null, 'at least one value is required'));
  else if (values.length > MAX_EXIT_CODES) errors.push(tooMany(at, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  checkEach(errors, at, values, (found, each, value) => {
    if (operator === 'In' && value === 0)
      found.push(invalidValue(each, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) found.push(duplicate(each, value));
    seen.add(value);
  });
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value)) {
    errors.push(invalidValue(at, values, 'must be ordered'));
  }
};

const checkConditions = (
  errors: Errors,
  path: string,
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
): void => {
  if (patterns.length > MAX_PATTERNS) errors.push(tooMany(path, patterns.length, MAX_PATTERNS));
  checkEach(errors, path, patterns, (found, at, pattern) => {
    const { type = '', status = '' } = pattern as Partial<PodFailurePolicyOnPodConditionsPattern>;
    checkQualifiedName(found, `${at}.type`, type);
    checkListed(found, `${at}.status`, status, STATUSES);
  });
};

const checkFailureRule = (
  errors: Errors,
  path: string,
  rule: PodFailurePolicyRule,
  spec: JobSpec,
  containers: ReadonlySet<string>,
): void => {
  const { action = '', onExitCodes } = rule as Partial<PodFailurePolicyRule>;
  const conditions = rule.onPodConditions ?? [];
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
    }
  } else checkListed(errors, `${path}.action`, action, ACTIONS);
  if (onExitCodes) checkExitCodes(errors, `${path}.onExitCodes`, onExitCodes, containers);
  if (conditions.length > 0) checkConditions(errors, `${path}.onPodConditions`, conditions);
  if (onExitCodes && conditions.length > 0) {
    errors.push(
      invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported'),
    );
  }
  if (!onExitCodes && conditions.length === 0) {
    errors.push(invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
};

/** The policy for failed pods; absent is fine. */
export const checkFailurePolicy = (errors: Errors, path: string, spec: JobSpec): void => {
  if (!spec.podFailurePolicy) return;
  const rules = spec.podFailurePolicy.rules ?? [];
  const at = `${path}.rules`;
  if (rules.length > MAX_RULES) errors.push(tooMany(at, rules.length, MAX_RULES));
  const pod = spec.template?.spec;
  const containers = new Set(
    [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name),
  );
  checkEach(errors, at, rules, (found, each, rule) => checkFailureRule(found, each, rule, spec, containers));
};

const checkSuccessRule = (
  errors: Errors,
  path: string,
  rule: SuccessPolicyRule,
  completions: number,
): void => {
  const { succeededIndexes: indexes, succeededCount: count } = rule;
  if (indexes === undefined && count === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let total = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    checkLength(errors, at, indexes, MAX_INDEXES_LENGTH);
    const counted = countIndexes(indexes, completions);
    if (counted.ok) total = counted.value;
    else errors.push(invalidValue(at, indexes, `error parsing succeededIndexes: ${counted.error}`));
  }
  if (count === undefined) return;
  const at = `${path}.succeededCount`;
  checkNonNegative(errors, at, count);
  if (count > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(invalidValue(at, count, detail));
  }
  if (indexes !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalidValue(at, count, detail));
  }
};

/** The policy for early success of an indexed job. */
export const checkSuccessPolicy = (errors: Errors, path: string, spec: JobSpec): void => {
  const rules = spec.successPolicy?.rules ?? [];
  const at = `${path}.rules`;
  if (rules.length === 0) {
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(at, rules.length, MAX_RULES));
  checkEach(errors, at, rules, (found, each, rule) =>
    checkSuccessRule(found, each, rule, spec.completions ?? 0),
  );
};

/** Rules of lists of metav1.Condition (apimachinery apis/meta/v1/validation ValidateConditions). */

import { utf8Length } from '../../machinery/deep.ts';
import { duplicate, invalidValue, notSupported, required, tooLong } from '../../machinery/field-error.ts';
import { patternMessage } from '../../machinery/name-rules.ts';
import { checkEach, checkNonNegative, checkQualifiedName, type Errors } from './checks.ts';

interface ConditionLike {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string | null;
}

const STATUSES = ['False', 'True', 'Unknown'];
const REASON_PATTERN = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON = new RegExp(`^${REASON_PATTERN}$`);
const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;

const checkReason = (errors: Errors, path: string, reason: string): void => {
  if (reason === '') {
    errors.push(required(path));
    return;
  }
  if (!REASON.test(reason)) {
    const message =
      "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
    errors.push(
      invalidValue(
        path,
        reason,
        patternMessage(
          message,
          REASON_PATTERN,
          'my_name',
          'MY_NAME',
          'MyName',
          'ReasonA,ReasonB',
          'ReasonA:ReasonB',
        ),
      ),
    );
  }
  if (utf8Length(reason) > MAX_REASON) {
    errors.push(tooLong(path, MAX_REASON));
  }
};

const checkCondition = (errors: Errors, path: string, condition: ConditionLike): void => {
  const { type = '', status = '', reason = '', message = '' } = condition;
  if (type === '') errors.push(required(`${path}.type`, 'must be set'));
  else checkQualifiedName(errors, `${path}.type`, type);
  if (!STATUSES.includes(status)) errors.push(notSupported(`${path}.status`, status, STATUSES));
  checkNonNegative(errors, `${path}.observedGeneration`, condition.observedGeneration);
  if (!condition.lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`, 'must be set'));
  checkReason(errors, `${path}.reason`, reason);
  if (utf8Length(message) > MAX_MESSAGE) {
    errors.push(tooLong(`${path}.message`, MAX_MESSAGE));
  }
};

/** All conditions; a type may be there once. */
export const checkConditions = (
  errors: Errors,
  path: string,
  conditions: readonly ConditionLike[] | undefined,
): void => {
  const seen = new Set<string>();
  checkEach(errors, path, conditions, (found, at, condition) => {
    const { type = '' } = condition;
    if (seen.has(type)) found.push(duplicate(`${at}.type`, type));
    seen.add(type);
    checkCondition(found, at, condition);
  });
};

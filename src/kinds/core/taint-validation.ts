/** Rules of tolerations and taints (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { labelValue } from '../../machinery/name-rules.ts';
import { checkEach, checkQualifiedName, type Errors, isSame } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import type { Taint, Toleration } from '../generated/types.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const ANY_KEY = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';

const checkOperator = (errors: Errors, path: string, operator: string, value: string): void => {
  if (operator === 'Equal' || operator === '') {
    const messages = labelValue(value);
    if (messages.length > 0) errors.push(invalidValue(path, value, messages.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '')
      errors.push(invalidValue(path, value, "value must be empty when `operator` is 'Exists'"));
  } else if (operator === 'Lt' || operator === 'Gt') {
    errors.push(notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
  } else errors.push(notSupported(path, operator, ['Equal', 'Exists']));
};

/** Tolerations of a pod or of whatever makes pods tolerate. */
export const checkTolerations = (
  errors: Errors,
  path: string,
  tolerations: readonly Toleration[] | undefined,
): void => {
  checkEach(errors, path, tolerations, (found, at, toleration) => {
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    if (key !== '') checkQualifiedName(found, `${at}.key`, key);
    else if (operator !== 'Exists') found.push(invalidValue(`${at}.operator`, operator, ANY_KEY));
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      found.push(
        invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    }
    checkOperator(found, `${at}.operator`, operator, value);
    if (effect !== '' && !EFFECTS.includes(effect)) found.push(notSupported(`${at}.effect`, effect, EFFECTS));
  });
};

const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): unknown => rest;

/** Tolerations may be added; of an existing one only the seconds may change. */
export const checkAddedTolerations = (
  errors: Errors,
  path: string,
  next: readonly Toleration[] | undefined,
  old: readonly Toleration[] | undefined,
): void => {
  const kept = (old ?? []).every((each) =>
    (next ?? []).some((other) => isSame(withoutSeconds(each), withoutSeconds(other))),
  );
  if (kept) checkTolerations(errors, path, next);
  else
    errors.push(forbiddenField(path, 'existing toleration can not be modified except its tolerationSeconds'));
};

/** Taints of a node. */
export const checkTaints = (errors: Errors, path: string, taints: readonly Taint[] | undefined): void => {
  const seen = new Set<string>();
  checkEach(errors, path, taints, (found, at, taint) => {
    const { key = '', value = '', effect = '' } = taint as Partial<Taint>;
    checkQualifiedName(found, `${at}.key`, key);
    const messages = labelValue(value);
    if (messages.length > 0) found.push(invalidValue(`${at}.value`, value, messages.join(';')));
    if (effect === '') found.push(required(`${at}.effect`));
    else if (!EFFECTS.includes(effect)) found.push(notSupported(`${at}.effect`, effect, EFFECTS));
    const pair = `${effect}\n${key}`;
    if (seen.has(pair)) {
      found.push(duplicate(at, internalForm('Taint', taint), 'taints must be unique by key and effect pair'));
    }
    seen.add(pair);
  });
};

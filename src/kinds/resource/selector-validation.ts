/** How devices are selected and configured (upstream: pkg/apis/resource/validation, 1.36). */

import { deviceSelectorError } from '../../machinery/cel/device.ts';
import { utf8Length } from '../../machinery/deep.ts';
import { invalidValue, required, tooLong } from '../../machinery/field-error.ts';
import type { Errors } from '../common/checks.ts';
import type { DeviceSelector, OpaqueDeviceConfiguration } from '../generated/types.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';
import { checkList } from './list-checks.ts';

const MAX_EXPRESSION = 10 * 1024;
const MAX_PARAMETERS = 10 * 1024;
const MAX_SELECTORS = 32;

const checkSelector =
  (stored: boolean) =>
  (errors: Errors, path: string, { cel }: DeviceSelector): void => {
    if (cel === undefined) {
      errors.push(required(`${path}.cel`));
      return;
    }
    const field = `${path}.cel.expression`;
    const expression = cel.expression ?? '';
    if (utf8Length(expression) > MAX_EXPRESSION) {
      errors.push(tooLong(field, MAX_EXPRESSION));
      return;
    }
    const why = stored ? undefined : deviceSelectorError(expression);
    if (why !== undefined) errors.push(invalidValue(field, expression, why));
  };

/** Selectors of a request or a class; `stored` ones have compiled before. */
export const checkSelectors = (
  errors: Errors,
  path: string,
  selectors: readonly DeviceSelector[] | undefined,
  stored: boolean,
): void => {
  checkList(errors, path, selectors, MAX_SELECTORS, checkSelector(stored));
};

/** A JSON object of a driver's own. */
export const checkRawObject = (
  errors: Errors,
  path: string,
  value: unknown,
  stored: boolean,
  max: number,
): void => {
  if (value === undefined || value === null) errors.push(required(path));
  else if (!stored && utf8Length(JSON.stringify(value)) > max) errors.push(tooLong(path, max));
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.push(invalidValue(path, '<value omitted>', 'must be a valid JSON object'));
  }
};

/** Configuration that goes to a driver. */
export const checkOpaque = (
  errors: Errors,
  path: string,
  opaque: OpaqueDeviceConfiguration | undefined,
  stored: boolean,
): void => {
  if (opaque === undefined) {
    errors.push(required(`${path}.opaque`));
    return;
  }
  checkCsiDriverName(errors, `${path}.opaque.driver`, opaque.driver);
  checkRawObject(errors, `${path}.opaque.parameters`, opaque.parameters, stored, MAX_PARAMETERS);
};

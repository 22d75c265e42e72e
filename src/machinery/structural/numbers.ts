/** Number constraints of a schema, as kube-openapi's validator judges and words them. */

import type { Props } from './props.ts';

/** A violated constraint; a general one stands at no field. */
export interface NumberError {
  readonly message: string;
  readonly isGeneral: boolean;
}

const INT64 = 2 ** 63;

const fits = (value: number, type: string, format: string | undefined): boolean => {
  if (type === 'integer') {
    if (!Number.isInteger(value)) return false;
    switch (format) {
      case 'int32':
        return value >= -2147483648 && value <= 2147483647;
      case 'uint32':
        return value >= 0 && value <= 4294967295;
      case 'uint64':
        return value >= 0 && value < 2 * INT64;
      default:
        return value >= -INT64 && value < INT64;
    }
  }
  return type !== 'number' || format !== 'float' || Math.abs(value) <= 3.4028234663852886e38;
};

const outOfRange = (what: string, type: string, format: string | undefined, path: string): NumberError => ({
  message: `${what} value must be of type ${type} ${format ? `with format ${format}` : '(default format)'} in ${path}`,
  isGeneral: true,
});

/** Checks range of the type, multiples, maximum, minimum, in this order. `type` is '' for int-or-string. */
export const checkNumber = (
  props: Props,
  type: string,
  value: number,
  path: string,
): readonly NumberError[] => {
  const { format, multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = props;
  const errors: NumberError[] = [];
  const inRange = (what: string, limit: number): void => {
    if (!fits(limit, type, format)) errors.push(outOfRange(what, type, format, path));
  };
  const say = (message: string): void => void errors.push({ message, isGeneral: false });
  inRange('Checked', value);
  if (multipleOf !== undefined && multipleOf !== 0) {
    inRange('MultipleOf', multipleOf);
    if (!Number.isInteger(value / multipleOf)) say(`should be a multiple of ${multipleOf}`);
  }
  if (maximum !== undefined) {
    inRange('Maximum boundary', maximum);
    if (exclusiveMaximum === true ? value >= maximum : value > maximum)
      say(
        exclusiveMaximum === true
          ? `should be less than ${maximum}`
          : `should be less than or equal to ${maximum}`,
      );
  }
  if (minimum !== undefined) {
    inRange('Minimum boundary', minimum);
    if (exclusiveMinimum === true ? value <= minimum : value < minimum)
      say(
        exclusiveMinimum === true
          ? `should be greater than ${minimum}`
          : `should be greater than or equal to ${minimum}`,
      );
  }
  return errors;
};

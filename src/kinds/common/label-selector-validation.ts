/** Rules of label selectors (apimachinery apis/meta/v1/validation). */

import { forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { labelValue } from '../../machinery/name-rules.ts';
import type { LabelSelectorObject } from '../../machinery/selector.ts';
import { checkEach, checkLabels, checkQualifiedName, checkRule, type Errors } from './checks.ts';

type Expression = NonNullable<LabelSelectorObject['matchExpressions']>[number];

const VALUES_NEEDED = "must be specified when `operator` is 'In' or 'NotIn'";
const VALUES_FORBIDDEN = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";

const checkExpression = (errors: Errors, path: string, expression: Expression): void => {
  const { key = '', operator = '', values = [] } = expression as Partial<Expression>;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(`${path}.values`, VALUES_NEEDED));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbiddenField(`${path}.values`, VALUES_FORBIDDEN));
  } else errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  checkQualifiedName(errors, `${path}.key`, key);
  checkEach(errors, `${path}.values`, values, (found, at, value) =>
    checkRule(found, at, value, labelValue(value)),
  );
};

/** A selector object; absent is fine. */
export const checkLabelSelector = (
  errors: Errors,
  path: string,
  selector: LabelSelectorObject | null | undefined,
): void => {
  if (!selector) return;
  checkLabels(errors, `${path}.matchLabels`, selector.matchLabels);
  checkEach(errors, `${path}.matchExpressions`, selector.matchExpressions, checkExpression);
};

/** True for a selector that names nothing. */
export const isEmptySelector = (selector: LabelSelectorObject): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** The selector as a refusal shows it: fields in upstream's order, empty ones left out. */
export const selectorValue = (selector: LabelSelectorObject | null | undefined): unknown => {
  if (!selector) return undefined;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 ? { matchLabels: sortedMap(matchLabels) } : {}),
    ...(matchExpressions && matchExpressions.length > 0
      ? {
          matchExpressions: matchExpressions.map(
            ({ key = '', operator = '', values }: Partial<Expression>) => ({
              key,
              operator,
              ...(values && values.length > 0 ? { values } : {}),
            }),
          ),
        }
      : {}),
  };
};

/** A map with its keys in order, as Go prints maps; absent stays absent. */
export const sortedMap = <Value>(
  map: Readonly<Record<string, Value>> | undefined,
): Readonly<Record<string, Value>> | undefined =>
  map === undefined
    ? undefined
    : Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)));

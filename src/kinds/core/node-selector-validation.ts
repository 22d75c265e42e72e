/** Rules of node selectors, in pods and in volumes (pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1123Subdomain, labelValue } from '../../machinery/name-rules.ts';
import { checkEach, checkQualifiedName, checkRule, type Errors } from '../common/checks.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../generated/types.ts';

const NOT_AN_OPERATOR = 'not a valid selector operator';

const checkRequirement = (
  errors: Errors,
  path: string,
  requirement: NodeSelectorRequirement,
  checkValues: boolean,
): void => {
  const { key = '', operator = '', values = [] } = requirement as Partial<NodeSelectorRequirement>;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(forbiddenField(`${path}.values`, detail));
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) {
      errors.push(
        required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
      );
    }
  } else errors.push(invalidValue(`${path}.operator`, operator, NOT_AN_OPERATOR));
  checkQualifiedName(errors, `${path}.key`, key);
  if (!checkValues) return;
  checkEach(errors, `${path}.values`, values, (found, at, value) =>
    checkRule(found, at, value, labelValue(value)),
  );
};

const checkFieldRequirement = (errors: Errors, path: string, requirement: NodeSelectorRequirement): void => {
  const { key = '', operator = '', values = [] } = requirement as Partial<NodeSelectorRequirement>;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(required(`${path}.values`, detail));
    }
  } else errors.push(invalidValue(`${path}.operator`, operator, NOT_AN_OPERATOR));
  if (key !== 'metadata.name')
    errors.push(invalidValue(`${path}.key`, key, 'not a valid field selector key'));
  else {
    checkEach(errors, `${path}.values`, values, (found, at, value) =>
      checkRule(found, at, value, dns1123Subdomain(value)),
    );
  }
};

/** One term. Values are checked where a bad one could never match (not in preferences). */
export const checkNodeSelectorTerm = (
  errors: Errors,
  path: string,
  term: NodeSelectorTerm | undefined,
  checkValues: boolean,
): void => {
  checkEach(errors, `${path}.matchExpressions`, term?.matchExpressions, (found, at, requirement) =>
    checkRequirement(found, at, requirement, checkValues),
  );
  checkEach(errors, `${path}.matchFields`, term?.matchFields, checkFieldRequirement);
};

/** A whole selector, which needs a term; `checkValues` is false where an old object had bad values already. */
export const checkNodeSelector = (
  errors: Errors,
  path: string,
  selector: NodeSelector,
  checkValues = true,
): void => {
  const { nodeSelectorTerms } = selector as Partial<NodeSelector>;
  const at = `${path}.nodeSelectorTerms`;
  if (!nodeSelectorTerms || nodeSelectorTerms.length === 0) {
    errors.push(required(at, 'must have at least one node selector term'));
    return;
  }
  checkEach(errors, at, nodeSelectorTerms, (found, each, term) =>
    checkNodeSelectorTerm(found, each, term, checkValues),
  );
};

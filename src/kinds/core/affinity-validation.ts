/** Rules of affinities and spreading (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { dns1123Label } from '../../machinery/name-rules.ts';
import type { LabelSelectorObject } from '../../machinery/selector.ts';
import {
  checkEach,
  checkOneOf,
  checkPositive,
  checkQualifiedName,
  checkRule,
  type Errors,
} from '../common/checks.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { Affinity, PodAffinity, PodAffinityTerm, TopologySpreadConstraint } from '../generated/types.ts';
import { checkNodeSelector, checkNodeSelectorTerm } from './node-selector-validation.ts';

const checkWeight = (errors: Errors, path: string, weight: number | undefined): void => {
  const value = weight ?? 0;
  if (value <= 0 || value > 100)
    errors.push(invalidValue(`${path}.weight`, value, 'must be in the range 1-100'));
};

const checkKeys = (
  errors: Errors,
  path: string,
  keys: readonly string[] | undefined,
  selector: LabelSelectorObject | undefined,
): void => {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) {
    errors.push(forbiddenField(path, 'must not be specified when labelSelector is not set'));
    return;
  }
  checkEach(errors, path, keys, checkQualifiedName);
};

/**
 * Label keys whose values come from the pod itself. By now the selector holds what was made of them, so a key counts
 * as given twice when it is found in the selector once more.
 */
const checkMatchKeys = (
  errors: Errors,
  path: string,
  selector: LabelSelectorObject | undefined,
  match: readonly string[] | undefined,
  mismatch: readonly string[] | undefined,
): void => {
  checkKeys(errors, `${path}.matchLabelKeys`, match, selector);
  checkKeys(errors, `${path}.mismatchLabelKeys`, mismatch, selector);
  if (match === undefined) return;
  if (selector !== undefined) {
    const seen = new Set(Object.keys(selector.matchLabels ?? {}));
    for (const { key = '' } of (selector.matchExpressions ?? []) as readonly { key?: string }[]) {
      const index = match.lastIndexOf(key);
      if (index >= 0 && seen.has(key)) {
        errors.push(
          invalidValue(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'),
        );
      }
      seen.add(key);
    }
  }
  match.forEach((key, index) => {
    if (!mismatch?.includes(key)) return;
    const at = `${path}.matchLabelKeys[${index}]`;
    errors.push(invalidValue(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
};

const checkPodTerm = (errors: Errors, path: string, term: PodAffinityTerm | undefined): void => {
  const { topologyKey = '' } = (term ?? {}) as Partial<PodAffinityTerm>;
  checkLabelSelector(errors, `${path}.labelSelector`, term?.labelSelector);
  checkLabelSelector(errors, `${path}.namespaceSelector`, term?.namespaceSelector);
  for (const name of term?.namespaces ?? []) checkRule(errors, `${path}.namespace`, name, dns1123Label(name));
  checkMatchKeys(errors, path, term?.labelSelector, term?.matchLabelKeys, term?.mismatchLabelKeys);
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  checkQualifiedName(errors, `${path}.topologyKey`, topologyKey);
};

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const checkPodTerms = (errors: Errors, path: string, affinity: PodAffinity | undefined): void => {
  if (affinity === undefined) return;
  checkEach(errors, `${path}.${REQUIRED}`, affinity[REQUIRED], checkPodTerm);
  checkEach(errors, `${path}.${PREFERRED}`, affinity[PREFERRED], (found, at, weighted) => {
    checkWeight(found, at, weighted.weight);
    checkPodTerm(found, `${at}.podAffinityTerm`, weighted.podAffinityTerm);
  });
};

/** All affinities of a pod; absent is fine. */
export const checkAffinity = (errors: Errors, path: string, affinity: Affinity | undefined): void => {
  if (affinity === undefined) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity !== undefined) {
    const at = `${path}.nodeAffinity`;
    if (nodeAffinity[REQUIRED]) checkNodeSelector(errors, `${at}.${REQUIRED}`, nodeAffinity[REQUIRED]);
    checkEach(errors, `${at}.${PREFERRED}`, nodeAffinity[PREFERRED], (found, each, term) => {
      checkWeight(found, each, term.weight);
      checkNodeSelectorTerm(found, `${each}.preference`, term.preference, false);
    });
  }
  checkPodTerms(errors, `${path}.podAffinity`, podAffinity);
  checkPodTerms(errors, `${path}.podAntiAffinity`, podAntiAffinity);
};

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS = ['Honor', 'Ignore'];

const checkInclusion = (errors: Errors, path: string, policy: string | undefined): void => {
  if (policy !== undefined && !INCLUSIONS.includes(policy))
    errors.push(notSupported(path, policy, INCLUSIONS));
};

const checkMinDomains = (errors: Errors, path: string, minimum: number | undefined, action: string): void => {
  if (minimum === undefined) return;
  checkPositive(errors, path, minimum);
  if (action === 'DoNotSchedule') return;
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
  errors.push(invalidValue(path, minimum, detail));
};

/** All spread constraints of a pod; absent is fine. */
export const checkSpreading = (
  errors: Errors,
  path: string,
  constraints: readonly TopologySpreadConstraint[] | undefined,
): void => {
  if (constraints === undefined) return;
  constraints.forEach((constraint, index) => {
    const at = `${path}[${index}]`;
    const {
      topologyKey = '',
      whenUnsatisfiable = '',
      maxSkew = 0,
    } = constraint as Partial<TopologySpreadConstraint>;
    checkPositive(errors, `${at}.maxSkew`, maxSkew);
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    checkOneOf(errors, `${at}.whenUnsatisfiable`, whenUnsatisfiable, UNSATISFIABLE);
    const repeated = constraints.some(
      (other, later) =>
        later > index &&
        (other.topologyKey ?? '') === topologyKey &&
        (other.whenUnsatisfiable ?? '') === whenUnsatisfiable,
    );
    if (repeated) {
      const shown = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, shown));
    }
    checkMinDomains(errors, `${at}.minDomains`, constraint.minDomains, whenUnsatisfiable);
    checkInclusion(errors, `${at}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy);
    checkInclusion(errors, `${at}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy);
    checkMatchKeys(errors, at, constraint.labelSelector, constraint.matchLabelKeys, undefined);
    checkLabelSelector(errors, `${at}.labelSelector`, constraint.labelSelector);
  });
};

/** Which requests a policy or a binding concerns (apiserver pkg/admission/plugin/policy/matching). */

import type { Lookup } from '../../kinds/define.ts';
import type { MatchResources } from '../../kinds/generated/types.ts';
import type { LabelSelectorObject } from '../../machinery/selector.ts';
import type { AdmissionRequest } from '../request.ts';
import {
  findMatch,
  isExempt,
  type MatchedVersion,
  matchesNamespace,
  matchesObject,
  type ResourceRule,
  requestVersion,
} from '../rule-matching.ts';

/** Whether any policy may judge the request at all: configurations of admission could lock everybody out. */
export const isJudged = (request: AdmissionRequest): boolean => !isExempt(request);

type Rules = readonly ResourceRule[] | undefined;

/**
 * The version under which a policy's constraints or a binding's resources match; absent ones match everything.
 * `undefined` when they do not. Throws 404 when the request's namespace is gone and its labels matter.
 */
export const findResources = (
  match: MatchResources | undefined,
  request: AdmissionRequest,
  lookup: Lookup,
): MatchedVersion | undefined => {
  if (match === undefined) return requestVersion(request);
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules, matchPolicy } = match;
  const policy = matchPolicy === 'Exact' ? 'Exact' : 'Equivalent';
  if (!matchesNamespace(namespaceSelector as LabelSelectorObject | undefined, request, lookup))
    return undefined;
  if (!matchesObject(objectSelector as LabelSelectorObject | undefined, request)) return undefined;
  if (findMatch(excludeResourceRules as Rules, request, policy, lookup) !== undefined) return undefined;
  if ((resourceRules ?? []).length === 0) return requestVersion(request);
  return findMatch(resourceRules as Rules, request, policy, lookup);
};

/** Label selectors as controllers use them: compiled once per reconcile, matched many times. */

import {
  fromLabelMap,
  fromLabelSelector,
  type LabelSelectorObject,
  type Labels,
  matchesLabels,
} from '../../machinery/selector.ts';

export type { Labels };

/** True when the labels are in the selection. */
export type Matcher = (labels: Labels) => boolean;

/** Matches objects that carry all the given labels; no labels match everything. */
export const matchAll = (wanted: Labels): Matcher => {
  const terms = fromLabelMap(wanted);
  return (labels) => matchesLabels(terms, labels);
};

/** Compiles a `metav1.LabelSelector`: absent (or unreadable) matches nothing, empty matches everything. */
export const matchSelector = (selector: LabelSelectorObject | undefined): Matcher => {
  const terms = fromLabelSelector(selector);
  return (labels) => terms.ok && matchesLabels(terms.value, labels);
};

/** True for a selector that selects every object. */
export const selectsEverything = (selector: LabelSelectorObject | undefined): boolean =>
  selector !== undefined &&
  Object.keys(selector.matchLabels ?? {}).length === 0 &&
  (selector.matchExpressions ?? []).length === 0;

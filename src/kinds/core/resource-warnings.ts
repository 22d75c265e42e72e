/** Warnings about bytes that are no whole number (upstream: pkg/api/pod/warnings.go, 1.36). */

import { isWholeIn, parseQuantity, printQuantity } from '../../machinery/quantity.ts';

type ResourceList = Readonly<Record<string, unknown>> | undefined;

/** A warning for each of the named resources of a list at `path` whose amount is fractional. */
export const fractionWarnings = (list: ResourceList, path: string, resources: readonly string[]): string[] =>
  resources.flatMap((resource) => {
    const quantity = parseQuantity(String(list?.[resource] ?? '0'));
    if (!quantity.ok || isWholeIn(quantity.value, 'unit')) return [];
    const printed = printQuantity(quantity.value);
    return [`${path}[${resource}]: fractional byte value "${printed}" is invalid, must be an integer`];
  });

interface ClaimSpec {
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
}

/** Warnings about a claim's spec at `path`, wherever it stands. */
export const claimSpecWarnings = (spec: ClaimSpec | undefined, path: string): string[] => [
  ...fractionWarnings(spec?.resources?.requests, `${path}.resources.requests`, ['storage']),
  ...fractionWarnings(spec?.resources?.limits, `${path}.resources.limits`, ['storage']),
];

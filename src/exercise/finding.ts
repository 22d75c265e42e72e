import type { Finding, Localized } from './contract.ts';

/** The condition holds. */
export const passed = (...evidence: readonly Localized[]): Finding => ({ outcome: 'passed', evidence });

/** The condition does not hold. */
export const failed = (...evidence: readonly Localized[]): Finding => ({ outcome: 'failed', evidence });

/** It cannot be said whether the condition holds. */
export const errorFinding = (...evidence: readonly Localized[]): Finding => ({ outcome: 'error', evidence });

/** The earliest of some instants, if there is any. */
export const earliest = (instants: readonly (number | undefined)[]): number | undefined => {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** A finding that is to be looked at again at an instant. */
export const recheckedAt = (finding: Finding, at: number | undefined): Finding =>
  at === undefined ? finding : { ...finding, recheckAt: at };

/** Rules of counts in the status of workloads (pkg/apis/apps/validation, 1.36). */

import { invalidValue } from '../../machinery/field-error.ts';
import { checkNonNegative, type Errors } from './checks.ts';

type Counts = Readonly<Record<string, unknown>>;

const countOf = (status: Counts, name: string): number => {
  const value = status[name];
  return typeof value === 'number' ? value : 0;
};

/** Refuses negative counts, in the order of `names`. */
export const checkCounts = (errors: Errors, status: Counts | undefined, names: readonly string[]): void => {
  for (const name of names) checkNonNegative(errors, `status.${name}`, countOf(status ?? {}, name));
};

/** Refuses counts above the number of replicas. */
export const checkWithinReplicas = (
  errors: Errors,
  status: Counts | undefined,
  names: readonly string[],
): void => {
  const given = status ?? {};
  for (const name of names) {
    const count = countOf(given, name);
    if (count <= countOf(given, 'replicas')) continue;
    errors.push(invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas'));
  }
};

/** Refuses more available than ready replicas, in the kind's words. */
export const checkAvailable = (
  errors: Errors,
  status: Counts | undefined,
  detail = 'cannot be greater than readyReplicas',
): void => {
  const given = status ?? {};
  const available = countOf(given, 'availableReplicas');
  if (available <= countOf(given, 'readyReplicas')) return;
  errors.push(invalidValue('status.availableReplicas', available, detail));
};

/** The count of name collisions only grows. */
export const checkCollisions = (errors: Errors, next: Counts | undefined, old: Counts | undefined): void => {
  const before = old?.['collisionCount'];
  if (typeof before !== 'number') return;
  const now = next?.['collisionCount'];
  if (typeof now === 'number' && now >= before) return;
  errors.push(invalidValue('status.collisionCount', now ?? 0, 'cannot be decremented'));
};

/** Rules of paths inside volumes (pkg/apis/core/validation, 1.36). */

import { invalidValue } from '../../machinery/field-error.ts';
import type { Errors } from '../common/checks.ts';

/** True when a segment of the path is `..`. */
export const hasBackstep = (path: string): boolean => path.includes('..') && path.split('/').includes('..');

/** Refuses paths with `..` segments. */
export const checkNoBacksteps = (errors: Errors, path: string, value: string): void => {
  if (hasBackstep(value)) errors.push(invalidValue(path, value, "must not contain '..'"));
};

/** Refuses absolute paths and backsteps. */
export const checkDescendingPath = (errors: Errors, path: string, value: string): void => {
  if (value.startsWith('/')) errors.push(invalidValue(path, value, 'must be a relative path'));
  checkNoBacksteps(errors, path, value);
};

/** A descending path whose first segment does not begin with `..`, which the kubelet keeps for itself. */
export const checkUnreservedPath = (errors: Errors, path: string, value: string): void => {
  checkDescendingPath(errors, path, value);
  if (value.startsWith('..') && !value.startsWith('../')) {
    errors.push(invalidValue(path, value, "must not start with '..'"));
  }
};

/** Refuses file modes outside 0 to 0777; absent is fine. */
export const checkFileMode = (errors: Errors, path: string, mode: number | undefined): void => {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return;
  errors.push(invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
};

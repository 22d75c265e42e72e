/** Rules of namespaces (pkg/apis/core/validation, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkQualifiedName, type Errors } from '../common/checks.ts';
import type { StrategyContext } from '../define.ts';
import type { Namespace } from '../generated/types.ts';

const STANDARD = ['kubernetes', 'orphan', 'foregroundDeletion'];

const checkFinalizer = (errors: Errors, path: string, name: string): void => {
  checkQualifiedName(errors, path, name);
  if (name.includes('/') || STANDARD.includes(name)) return;
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  errors.push(invalidValue(path, name, detail));
};

/** A new namespace. */
export const validateNamespace = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  for (const name of (object as Partial<Namespace>).spec?.finalizers ?? []) {
    checkFinalizer(errors, 'spec.finalizers', name);
  }
  return errors;
};

/** A changed namespace; only the `finalize` subresource changes what has rules. */
export const validateNamespaceUpdate = (
  object: KubeObject,
  _old: KubeObject,
  context: StrategyContext,
): readonly FieldError[] => {
  const errors: FieldError[] = [];
  if (context.subresource !== 'finalize') return errors;
  (object as Partial<Namespace>).spec?.finalizers?.forEach((name, index) => {
    checkFinalizer(errors, `spec.finalizers[${index}]`, name);
  });
  return errors;
};

/** A namespace's phase follows from whether it is being deleted. */
export const validateNamespaceStatus = (object: KubeObject): readonly FieldError[] => {
  const { status } = object as Partial<Namespace>;
  const deleted = object.metadata.deletionTimestamp !== undefined;
  const phase = deleted ? 'Terminating' : 'Active';
  const actual = status?.phase ?? '';
  if (actual === phase) return [];
  const detail = `may only be '${phase}' if \`deletionTimestamp\` is ${deleted ? 'not empty' : 'empty'}`;
  return [invalidValue('status.Phase', actual, detail)];
};

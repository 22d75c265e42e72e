/**
 * Ownership that was written down under another schema (structured-merge-diff v6 typed/reconcile_schema.go): lists and
 * maps that have become one value since are owned whole by whoever owned parts of them. The other way round nothing is
 * done, as upstream: the owner of the whole keeps it until it writes again.
 */
import type { FieldType } from './field-types.ts';
import { type FieldSet, type FieldSetDraft, isEmpty, LEAF } from './fieldset.ts';

const typeBelow = (type: FieldType, element: string): FieldType | undefined => {
  if (!element.startsWith('f:')) return type.list?.items;
  return type.map?.fields.get(element.slice(2))?.type ?? type.map?.items;
};

const isDeduced = (type: FieldType): boolean => type.scalar === 'untyped';

const isOneValue = (type: FieldType): boolean =>
  !isDeduced(type) && (type.list?.atomic === true || type.map?.atomic === true);

/** The set as a schema of now has it; the same set when nothing became one value. */
export const reconcileSet = (set: FieldSet, type: FieldType): FieldSet => {
  let changed: FieldSetDraft | undefined;
  for (const element in set) {
    const node = set[element] as FieldSet;
    if (element === '.' || isEmpty(node)) continue;
    const inner = typeBelow(type, element);
    if (inner === undefined || isDeduced(inner)) continue;
    const next = isOneValue(inner) ? LEAF : reconcileSet(node, inner);
    if (next === node) continue;
    changed ??= { ...set };
    changed[element] = next;
  }
  return changed ?? set;
};

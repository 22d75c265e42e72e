/**
 * Server-side apply (structured-merge-diff v6 merge/update.go, apimachinery util/managedfields/internal): merges a
 * configuration into the object, removes what its manager applied before and does not any more, and refuses to change
 * what others own unless forced.
 */
import { checkTyped } from './field-check.ts';
import type { Comparison } from './field-compare.ts';
import { mergeValues, removePaths } from './field-merge.ts';
import { claimedSet, type Fields, ItemError, sameValue, withNamedFields } from './field-values.ts';
import {
  difference,
  EMPTY,
  type FieldSet,
  forEachPath,
  intersection,
  isEmpty,
  printPath,
  union,
} from './fieldset.ts';
import { allowedByLastApplied, refreshLastApplied } from './last-applied.ts';
import {
  identifierOf,
  type Managed,
  type Managers,
  readManagers,
  unownedFields,
  writeManagers,
} from './managed-entries.ts';
import {
  comparisons,
  moveOwnership,
  type Ownership,
  reconcileManagers,
  takeFromOthers,
  writable,
} from './managed-fields.ts';
import type { Draft, ManagedFieldsEntry } from './object.ts';
import { badRequest, makeStatus, StatusError } from './status.ts';
import { printTime } from './time.ts';

/** An apply request. Objects are at the request's version. */
export interface ApplyRequest extends Ownership {
  /** The stored object; absent when the apply creates it. */
  readonly live: Fields | undefined;
  /** The configuration as it was sent, of the right apiVersion and kind. */
  readonly applied: Fields;
  readonly manager: string;
  readonly force: boolean;
  /** How refusals name the configuration: `namespace/name; group/version, Kind=Kind`. */
  readonly label: string;
}

/** What an apply leads to: the merged object without managedFields, not yet decoded or defaulted, and its entries. */
export interface Applied {
  readonly object: Draft;
  readonly managedFields: readonly ManagedFieldsEntry[] | undefined;
}

interface Conflict {
  readonly id: string;
  readonly managed: Managed;
  readonly set: FieldSet;
}

/** Conflicts on the way to a refusal. */
class ConflictsError extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super('conflicts');
    this.conflicts = conflicts;
  }
}

const BEFORE_FIRST_APPLY = 'before-first-apply';

const withoutEntries = (object: Fields): Fields => {
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || !('managedFields' in metadata)) return object;
  const { managedFields: _entries, ...rest } = metadata as Fields;
  return { ...object, metadata: rest };
};

const printManager = ({ manager = '', operation, apiVersion, subresource }: Managed): string =>
  JSON.stringify(manager) +
  (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '') +
  (operation === 'Update' ? ` using ${apiVersion}` : '');

/** 409 in upstream's words, one cause a path. */
const refuseConflicts = (conflicts: readonly Conflict[]): StatusError => {
  const sorted = [...conflicts].sort((left, right) => (left.id < right.id ? -1 : 1));
  const found = sorted.map(({ managed, set }) => {
    const paths: string[] = [];
    forEachPath(set, (path) => paths.push(printPath(path)));
    return { name: printManager(managed), paths };
  });
  const causes = found.flatMap(({ name, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${only?.message ?? ''}: ${only?.field ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${found
          .flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)])
          .join('\n')}`;
  return new StatusError(makeStatus(409, 'Conflict', message, { causes }));
};

const failure = (text: string): StatusError => new StatusError(makeStatus(500, undefined, text));

/** Paths taken out of an object of a type; all of it gone is an empty object. */
const without = (request: Ownership, object: Fields, paths: FieldSet): Fields =>
  (removePaths(request.type, object, paths) ?? {}) as Fields;

/**
 * Takes out of the merged object what the manager applied last time, not this time, and nobody else owns. Fields that
 * no applier or updater ever owned stay where they are.
 */
const prune = (request: Ownership, merged: Fields, managers: Managers, last: FieldSet): Fields => {
  if (isEmpty(last)) return merged;
  const { type } = request;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, type);
  const all = named(claimedSet(type, merged));
  let owned: FieldSet = EMPTY;
  // Differs: sets of other versions are taken as they are; the few kinds with two shapes share their field names.
  for (const managed of managers.values()) owned = union(owned, managed.set);
  const first = without(request, merged, named(last));
  const kept = union(named(claimedSet(type, first)), named(owned));
  const second = without(request, merged, difference(all, kept));
  const gone = difference(all, named(claimedSet(type, second)));
  return without(request, merged, intersection(gone, named(last)));
};

const findConflicts = (
  managers: Managers,
  compare: (apiVersion: string) => Comparison | undefined,
  self: string,
): readonly Conflict[] =>
  [...managers].flatMap(([id, managed]) => {
    const found = id === self ? undefined : compare(managed.apiVersion);
    if (found === undefined) return [];
    const set = intersection(managed.set, found.changed);
    return isEmpty(set) ? [] : [{ id, managed, set }];
  });

/** One attempt. Changes `managers`; throws ConflictsError unless forced. */
const attempt = (request: ApplyRequest, live: Fields, managers: Managers, force: boolean): Fields => {
  const { type, applied, manager, apiVersion, subresource } = request;
  const merged = (mergeValues(type, live, applied) ?? {}) as Fields;
  const id = identifierOf(manager, 'Apply', apiVersion, subresource);
  const before = managers.get(id);
  const last = before?.set ?? EMPTY;
  const claimed = writable(request, claimedSet(type, applied));
  const own: Managed = {
    manager,
    operation: 'Apply',
    apiVersion,
    ...(subresource === undefined ? {} : { subresource }),
    set: claimed,
  };
  managers.set(id, own);
  const object = prune(request, merged, managers, last);
  const compare = comparisons({ ...request, reading: 'raw' }, live, object);
  if (!force) {
    const conflicts = findConflicts(managers, compare, id);
    if (conflicts.length > 0) throw new ConflictsError(conflicts);
  }
  takeFromOthers(managers, compare, id);
  const set = difference(claimed, unownedFields);
  if (isEmpty(set)) managers.delete(id);
  else {
    // An apply that changes nothing in the object has no time of its own, as upstream: shared owners may have none.
    const time = sameValue(live, object) ? before?.time : printTime(request.now);
    managers.set(id, { ...own, set, ...(time === undefined ? {} : { time }) });
  }
  return object;
};

/** Managers of the stored object; one that was never tracked is given to a manager of its own first. */
const managersOf = (
  request: ApplyRequest,
  live: Fields,
  stored: readonly ManagedFieldsEntry[] | undefined,
): Managers => {
  const managers = readManagers(stored, true);
  if (managers === undefined) throw failure('failed to decode managed fields');
  if (managers.size === 0 && request.live !== undefined)
    moveOwnership(managers, { ...request, old: undefined, next: live, manager: BEFORE_FIRST_APPLY });
  reconcileManagers(managers, request);
  return managers;
};

/** kubectl may take over what it applied itself from the client's side. */
const attemptAsKubectl = (request: ApplyRequest, live: Fields, managers: Managers): Fields => {
  const before: Managers = new Map(managers);
  try {
    return attempt(request, live, managers, request.force);
  } catch (error) {
    if (!(error instanceof ConflictsError) || request.manager !== 'kubectl') throw error;
    const allowed = allowedByLastApplied(request, live);
    if (allowed === undefined) throw error;
    const left = error.conflicts
      .map((conflict) => ({ ...conflict, set: difference(conflict.set, allowed) }))
      .filter(({ set }) => !isEmpty(set));
    if (left.length > 0) throw new ConflictsError(left);
    managers.clear();
    for (const [id, managed] of before) managers.set(id, managed);
    return attempt(request, live, managers, true);
  }
};

/**
 * Applies a configuration. Throws 409 with one cause a conflicting field, 400 for a configuration with managedFields,
 * 500 for one that is not of its type (upstream's code for that).
 */
export const applyPatch = (request: ApplyRequest): Applied => {
  const { type, applied, label } = request;
  const metadata = applied['metadata'] as { readonly managedFields?: unknown } | undefined | null;
  if (metadata?.managedFields !== undefined && metadata.managedFields !== null)
    throw badRequest('metadata.managedFields must be nil');
  const problem = checkTyped(type, applied);
  if (problem !== undefined) throw failure(`failed to create typed patch object (${label}): ${problem}`);

  const stored = (
    request.live?.['metadata'] as { readonly managedFields?: readonly ManagedFieldsEntry[] } | undefined
  )?.managedFields;
  const live = withoutEntries(request.live ?? {});
  try {
    const managers = managersOf(request, live, stored);
    const object = attemptAsKubectl(request, live, managers);
    return {
      object: refreshLastApplied(request, { ...object } as Draft),
      managedFields: writeManagers(managers, stored),
    };
  } catch (error) {
    if (error instanceof ConflictsError) throw refuseConflicts(error.conflicts);
    if (error instanceof ItemError)
      throw failure(`failed to create typed live object (${label}): ${error.message}`);
    throw error;
  }
};

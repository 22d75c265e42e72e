/**
 * Who owns which fields after a create, update or patch (apimachinery util/managedfields/internal fieldmanager.go,
 * structured-merge-diff v6 merge/update.go). A write takes what it changes from everyone else and adds it to its
 * manager's entry of operation Update; what it removes belongs to nobody.
 */
import { type Comparison, compareObjects } from './field-compare.ts';
import { reconcileSet } from './field-reconcile.ts';
import type { FieldType } from './field-types.ts';
import { type Fields, ItemError, type Reading } from './field-values.ts';
import {
  difference,
  EMPTY,
  type FieldSet,
  isEmpty,
  matching,
  recursiveDifference,
  union,
} from './fieldset.ts';
import {
  capUpdaters,
  identifierOf,
  type Managers,
  managersBefore,
  unownedFields,
  withSet,
  writeManagers,
} from './managed-entries.ts';
import type { ManagedFieldsEntry } from './object.ts';
import { type Instant, printTime } from './time.ts';

/** Objects at another version: the type, and the conversion of an object of the request's version. */
export interface VersionView {
  readonly type: FieldType;
  readonly convert: (object: Fields) => Fields;
}

/** What ownership is judged by. */
export interface Ownership {
  readonly type: FieldType;
  readonly reading: Reading;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** Fields this way of writing takes back, with all below them: nobody comes to own them by it. */
  readonly reset: FieldSet;
  /** A pattern: the only fields this way of writing keeps. Absent: all but `reset`. */
  readonly only?: FieldSet;
  readonly now: Instant;
  /** Another version that an entry names; `undefined` when it is not served any more. Absent: only one version. */
  readonly versionOf?: (apiVersion: string) => VersionView | undefined;
}

/** A write as it is judged. Objects are at the request's version; `old` is absent on create. */
export interface UpdateToTrack extends Ownership {
  readonly old: Fields | undefined;
  readonly next: Fields;
  readonly manager: string;
}

const NOTHING: Fields = Object.freeze({});

type Entries = readonly ManagedFieldsEntry[] | undefined;

const entriesOf = (object: Fields | undefined): Entries =>
  (object?.['metadata'] as { readonly managedFields?: readonly ManagedFieldsEntry[] } | undefined | null)
    ?.managedFields;

/** The paths of a set that this way of writing keeps. */
export const writable = ({ reset, only }: Ownership, set: FieldSet): FieldSet => {
  const kept = recursiveDifference(set, reset);
  return only === undefined ? kept : matching(kept, only);
};

/** Compares, leaving out what the way of writing resets. */
const compareFor = (ownership: Ownership, type: FieldType, left: Fields, right: Fields): Comparison => {
  const { changed, removed } = compareObjects(type, left, right, ownership.reading, ownership.reset);
  return { changed: writable(ownership, changed), removed: writable(ownership, removed) };
};

/** Comparisons at the versions entries name, each made once; `undefined` for a version that is gone. */
export const comparisons = (
  ownership: Ownership,
  left: Fields,
  right: Fields,
): ((apiVersion: string) => Comparison | undefined) => {
  const known = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    if (known.has(apiVersion)) return known.get(apiVersion);
    let found: Comparison | undefined;
    if (apiVersion === ownership.apiVersion) found = compareFor(ownership, ownership.type, left, right);
    else {
      const view = ownership.versionOf?.(apiVersion);
      if (view !== undefined)
        found = compareFor(ownership, view.type, view.convert(left), view.convert(right));
    }
    known.set(apiVersion, found);
    return found;
  };
};

/** Takes what a write changes or removes from the managers other than `self`. */
export const takeFromOthers = (
  managers: Managers,
  compare: (apiVersion: string) => Comparison | undefined,
  self?: string,
): void => {
  for (const [id, managed] of [...managers]) {
    if (id === self) continue;
    const found = compare(managed.apiVersion);
    if (found === undefined) managers.delete(id);
    else withSet(managers, id, managed, difference(difference(managed.set, found.changed), found.removed));
  }
};

/** Brings what managers own in line with the schemas of now. Types of the product itself do not change. */
export const reconcileManagers = (managers: Managers, ownership: Ownership): void => {
  if (ownership.reading !== 'raw') return;
  for (const [id, managed] of [...managers]) {
    const { apiVersion } = managed;
    const type =
      apiVersion === ownership.apiVersion ? ownership.type : ownership.versionOf?.(apiVersion)?.type;
    if (type !== undefined) withSet(managers, id, managed, reconcileSet(managed.set, type));
  }
};

/** Ownership moves to the manager of an update. Changes `managers`. */
export const moveOwnership = (managers: Managers, update: UpdateToTrack): void => {
  const compare = comparisons(update, update.old ?? NOTHING, update.next);
  const { changed, removed } = compare(update.apiVersion) ?? { changed: EMPTY, removed: EMPTY };
  if (isEmpty(changed) && isEmpty(removed)) return;
  takeFromOthers(managers, compare);
  const set = difference(changed, unownedFields);
  if (isEmpty(set)) return;
  const { manager, apiVersion, subresource, now } = update;
  const id = identifierOf(manager, 'Update', apiVersion, subresource);
  const previous = managers.get(id)?.set ?? EMPTY;
  managers.set(id, {
    manager,
    operation: 'Update',
    apiVersion,
    ...(subresource === undefined ? {} : { subresource }),
    time: printTime(now),
    set: union(previous, set),
  });
};

/**
 * The `managedFields` of an object after a create, update or patch other than apply; `undefined` for none. Equal to
 * the stored list itself when ownership did not change. Objects that have no entries are not tracked until something
 * is applied to them, as upstream. Never throws: what cannot be compared keeps its owners.
 */
export const trackUpdate = (update: UpdateToTrack): Entries => {
  const stored = entriesOf(update.old);
  const managers = managersBefore(stored, entriesOf(update.next), update.subresource);
  if (managers.size === 0 && update.old !== undefined) return undefined;
  try {
    reconcileManagers(managers, update);
    moveOwnership(managers, update);
  } catch (failure) {
    if (failure instanceof ItemError) return stored;
    throw failure;
  }
  capUpdaters(managers);
  return writeManagers(managers, stored);
};

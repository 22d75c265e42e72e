/**
 * `metadata.managedFields` as managers and their sets (apimachinery util/managedfields/internal: managedfields.go,
 * capmanagers.go, stripmeta.go).
 */
import { deepEqual } from './deep.ts';
import {
  EMPTY,
  type FieldSet,
  inOrderThroughout,
  isEmpty,
  readFieldSet,
  setOfFields,
  union,
} from './fieldset.ts';
import type { Draft, ManagedFieldsEntry } from './object.ts';
import { parseTime } from './time.ts';

/** One manager's set. */
export interface Managed {
  readonly manager?: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly set: FieldSet;
  /** The entry this was read from, while it still says the same. */
  readonly entry?: ManagedFieldsEntry;
}

/** Managers by identifier. */
export type Managers = Map<string, Managed>;

/** What a manager is told apart by; appliers keep their identity across versions. Also its order in messages. */
export const identifierOf = (
  manager: string | undefined,
  operation: 'Apply' | 'Update',
  apiVersion: string,
  subresource: string | undefined,
): string => {
  let text = manager ? `{"manager":${JSON.stringify(manager)},` : '{';
  text += `"operation":"${operation}"`;
  if (operation === 'Update') text += `,"apiVersion":${JSON.stringify(apiVersion)}`;
  if (subresource) text += `,"subresource":${JSON.stringify(subresource)}`;
  return `${text}}`;
};

/** A manager whose set changed; without a set it is gone. */
export const withSet = (managers: Managers, id: string, managed: Managed, set: FieldSet): void => {
  if (isEmpty(set)) managers.delete(id);
  else if (set !== managed.set) {
    const { entry: _entry, ...rest } = managed;
    managers.set(id, { ...rest, set });
  }
};

const isWellFormed = (entry: ManagedFieldsEntry): boolean =>
  (entry.operation === 'Apply' || entry.operation === 'Update') &&
  typeof entry.apiVersion === 'string' &&
  entry.apiVersion !== '' &&
  entry.fieldsType === 'FieldsV1';

/**
 * Reads entries. Those of a stored object are `trusted`: their sets are in the one form already. `undefined` when an
 * entry is malformed.
 */
export const readManagers = (
  entries: readonly ManagedFieldsEntry[] | undefined,
  trusted: boolean,
): Managers | undefined => {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    if (!isWellFormed(entry)) return undefined;
    const given = entry.fieldsV1 ?? EMPTY;
    const set = trusted ? (given as FieldSet) : readFieldSet(given);
    if (set === undefined) return undefined;
    const { manager, operation, apiVersion, subresource, time } = entry;
    managers.set(identifierOf(manager, operation, apiVersion, subresource), {
      operation,
      apiVersion,
      set,
      ...(manager === undefined ? {} : { manager }),
      ...(subresource === undefined ? {} : { subresource }),
      ...(time === undefined ? {} : { time }),
      ...(trusted ? { entry } : {}),
    });
  }
  return managers;
};

const readOnce = new WeakMap<readonly ManagedFieldsEntry[], Managers>();

/** The managers of a stored object, in a map of the caller's own. */
const storedManagers = (entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined => {
  if (entries === undefined) return undefined;
  const known = readOnce.get(entries) ?? readManagers(entries, true);
  if (known === undefined) return undefined;
  if (Object.isFrozen(entries)) readOnce.set(entries, known);
  return new Map(known);
};

/** True when a client asks to forget all ownership: an empty list, or a list of one empty entry. */
const isReset = (entries: readonly ManagedFieldsEntry[]): boolean =>
  entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0);

/**
 * Decoding drops empty lists, but `managedFields: []` says something: puts it back into the draft decoded from
 * `value`.
 */
export const keepReset = (value: unknown, draft: Draft): void => {
  const given = (value as { readonly metadata?: { readonly managedFields?: unknown } | null } | null)
    ?.metadata?.managedFields;
  const metadata = draft['metadata'];
  if (!Array.isArray(given) || given.length > 0 || typeof metadata !== 'object' || metadata === null) return;
  (metadata as Draft)['managedFields'] = [];
};

/** Managers before a write: those the new object names, when they can be read, else the stored ones. */
export const managersBefore = (
  stored: readonly ManagedFieldsEntry[] | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
  subresource: string | undefined,
): Managers => {
  const kept = (): Managers => storedManagers(stored) ?? new Map();
  // Ownership cannot be set through a subresource.
  if (subresource !== undefined || given === undefined || given === stored) return kept();
  if (isReset(given)) return new Map();
  if (stored !== undefined && deepEqual(stored, given)) return kept();
  const managers = readManagers(given, false);
  return managers === undefined || managers.size === 0 ? kept() : managers;
};

const seconds = (time: string | undefined): number =>
  time === undefined ? 0 : Math.floor((parseTime(time) ?? 0) / 1000);

const isPlainTime = (time: string | undefined): time is string => time?.length === 20 && time.endsWith('Z');

const compareTimes = (left: string | undefined, right: string | undefined): number => {
  if (left === right) return 0;
  if (isPlainTime(left) && isPlainTime(right)) return left < right ? -1 : 1;
  return seconds(left) - seconds(right);
};

const compareTexts = (left = '', right = ''): number => (left < right ? -1 : left > right ? 1 : 0);

const compareManaged = (left: Managed, right: Managed): number =>
  compareTexts(left.operation, right.operation) ||
  compareTimes(left.time, right.time) ||
  compareTexts(left.manager, right.manager) ||
  compareTexts(left.apiVersion, right.apiVersion) ||
  compareTexts(left.subresource, right.subresource);

const makeEntry = ({
  manager,
  operation,
  apiVersion,
  time,
  set,
  subresource,
}: Managed): ManagedFieldsEntry => ({
  ...(manager ? { manager } : {}),
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: 'FieldsV1',
  fieldsV1: inOrderThroughout(set),
  ...(subresource ? { subresource } : {}),
});

/** The entries of managers in upstream's order; `undefined` for none. `stored` itself when it says the same. */
export const writeManagers = (
  managers: Managers,
  stored?: readonly ManagedFieldsEntry[],
): readonly ManagedFieldsEntry[] | undefined => {
  if (managers.size === 0) return undefined;
  const sorted = managers.size === 1 ? [...managers.values()] : [...managers.values()].sort(compareManaged);
  const isSame =
    stored?.length === sorted.length && sorted.every((managed, index) => managed.entry === stored[index]);
  return isSame ? stored : sorted.map((managed) => managed.entry ?? makeEntry(managed));
};

const MAX_UPDATERS = 10;
const OLD_UPDATES = 'ancient-changes';

/** Merges the oldest updaters of each version into one, until there are at most ten. */
export const capUpdaters = (managers: Managers): void => {
  const updaters = [...managers].filter(([, managed]) => managed.operation === 'Update');
  let surplus = updaters.length - MAX_UPDATERS;
  if (surplus <= 0) return;
  updaters.sort(
    ([leftId, left], [rightId, right]) =>
      seconds(left.time) - seconds(right.time) || compareTexts(leftId, rightId),
  );
  const firstOf = new Map<string, string>();
  for (const [id, managed] of updaters) {
    if (surplus <= 0) return;
    const { apiVersion, time } = managed;
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, id);
      continue;
    }
    const bucketId = identifierOf(OLD_UPDATES, 'Update', apiVersion, undefined);
    const bucket = managers.get(bucketId) ?? managers.get(first);
    if (!managers.has(bucketId)) managers.delete(first);
    managers.delete(id);
    managers.set(bucketId, {
      manager: OLD_UPDATES,
      operation: 'Update',
      apiVersion,
      ...(time === undefined ? {} : { time }),
      set: union(managed.set, bucket?.set ?? EMPTY),
    });
    surplus--;
  }
};

/** Fields no manager ever owns. */
export const unownedFields: FieldSet = setOfFields([
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
]);

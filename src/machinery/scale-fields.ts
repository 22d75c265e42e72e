/**
 * Ownership across the scale subresource (apimachinery util/managedfields/scalehandler.go): who owns the replicas of an
 * object owns those of its Scale, under the Scale's version, and the other way round.
 */
import { difference, hasPath, setOfPath } from './fieldset.ts';
import { type Managed, type Managers, readManagers, writeManagers } from './managed-entries.ts';
import type { ManagedFieldsEntry } from './object.ts';

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** apiVersion of Scale. */
export const scaleApiVersion = 'autoscaling/v1';

const SCALE_PATH = ['f:spec', 'f:replicas'];

/** A dotted path of replicas (`.spec.replicas`) as path elements. */
export const replicasPath = (path: string): readonly string[] =>
  path
    .replace(/^\./, '')
    .split('.')
    .map((name) => `f:${name}`);

const renewed = (managed: Managed, change: Partial<Managed>): Managed => {
  const { entry: _entry, ...rest } = managed;
  return { ...rest, ...change };
};

/** Entries of an object's Scale. */
export const toScaleEntries = (entries: Entries, path: readonly string[]): Entries => {
  const scaled: Managers = new Map();
  for (const [id, managed] of readManagers(entries, true) ?? new Map<string, Managed>()) {
    if (hasPath(managed.set, path))
      scaled.set(id, renewed(managed, { set: setOfPath(SCALE_PATH), apiVersion: scaleApiVersion }));
  }
  return writeManagers(scaled);
};

/**
 * Entries of the object after a write of its Scale: replicas move to their new owners, with the object's
 * `apiVersion`. New owners have no time, as upstream.
 */
export const fromScaleEntries = (
  entries: Entries,
  scaleEntries: Entries,
  path: readonly string[],
  apiVersion: string,
): Entries => {
  const parents: Managers = readManagers(entries, true) ?? new Map();
  const scaled: Managers = readManagers(scaleEntries, true) ?? new Map();
  const result: Managers = new Map();
  for (const [id, managed] of parents) {
    if (!hasPath(managed.set, path)) result.set(id, managed);
    else if (scaled.delete(id)) result.set(id, managed);
    else {
      const set = difference(managed.set, setOfPath(path));
      if (Object.keys(set).length > 0) result.set(id, renewed(managed, { set }));
    }
  }
  for (const [id, managed] of scaled) {
    if (!hasPath(managed.set, SCALE_PATH)) continue;
    const { time: _time, ...rest } = renewed(managed, { set: setOfPath(path), apiVersion });
    const time = parents.get(id)?.time;
    result.set(id, { ...rest, ...(time === undefined ? {} : { time }) });
  }
  return writeManagers(result, entries);
};

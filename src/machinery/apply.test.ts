import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { type Applied, applyPatch } from './apply.ts';
import { deepEqual, deepFreeze } from './deep.ts';
import { fieldTypeOf } from './field-types.ts';
import type { Fields } from './field-values.ts';
import {
  difference,
  EMPTY,
  type FieldSet,
  forEachPath,
  hasPath,
  intersection,
  printPath,
  readFieldSet,
  union,
} from './fieldset.ts';
import { trackUpdate } from './managed-fields.ts';
import type { ManagedFieldsEntry } from './object.ts';
import { StatusError } from './status.ts';

const schema = schemaOfKind('apps', 'v1', 'Deployment');
if (schema === undefined) throw new Error('no schema');
const type = fieldTypeOf(schema);
const judged = { type, apiVersion: 'apps/v1', reading: 'typed', reset: EMPTY, now: 0 } as const;

const withEntries = ({ object, managedFields }: Applied): Fields =>
  deepFreeze({ ...object, metadata: { ...(object['metadata'] as object), managedFields } }) as Fields;

const apply = (live: Fields | undefined, applied: Fields, manager: string, force = false): Applied =>
  applyPatch({ ...judged, live, applied, manager, force, label: 'test' });

const seed: Fields = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { revisionHistoryLimit: 3, template: { spec: { containers: [{ name: 'kept', image: 'k:1' }] } } },
};

const started = (): Fields => {
  const managedFields = trackUpdate({ ...judged, old: undefined, next: seed, manager: 'creator' });
  return deepFreeze({ ...seed, metadata: { ...(seed['metadata'] as object), managedFields } }) as Fields;
};

fc.configureGlobal({ seed: 36, numRuns: 300 });

const value = fc.constantFrom('1', '2', '3');

/**
 * Configurations that speak of containers and labels with the given names only. Lists and maps are not empty: an empty
 * one is a value to upstream, and what it becomes when its owner lets go is `null`.
 */
const configuration = (names: readonly string[]): fc.Arbitrary<Fields> => {
  const name = fc.constantFrom(...names);
  const container = fc.record(
    {
      name,
      image: value,
      args: fc.array(value, { maxLength: 2 }),
      env: fc.uniqueArray(fc.record({ name, value }), {
        selector: (entry) => entry.name,
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: ['name'] },
  );
  return fc
    .record(
      {
        labels: fc.dictionary(name, value, { minKeys: 1, maxKeys: 2 }),
        containers: fc.uniqueArray(container, { selector: (item) => item.name, maxLength: 2 }),
      },
      { requiredKeys: [] },
    )
    .map(({ labels, containers }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', ...(labels === undefined ? {} : { labels }) },
      ...(containers === undefined ? {} : { spec: { template: { spec: { containers } } } }),
    }));
};

const any = configuration(['a', 'b', 'c']);

interface Item {
  readonly name: string;
  readonly env?: readonly Item[];
}

const byName = (left: Item, right: Item): number => (left.name < right.name ? -1 : 1);

type Spec = {
  readonly template?: { readonly spec?: { readonly containers?: readonly Item[] | null } };
};

/** The object with its items by name: what order they stand in depends on who came first, or spoke last. */
const unordered = ({ object }: Applied): unknown => {
  const { metadata, spec, ...rest } = object as Record<string, unknown>;
  const { labels } = metadata as { labels?: object };
  const containers = [...((spec as Spec).template?.spec?.containers ?? [])]
    .sort(byName)
    .map((item) => (item.env === undefined ? item : { ...item, env: [...item.env].sort(byName) }));
  return {
    ...rest,
    labels: labels ?? {},
    containers,
    limit: (spec as { revisionHistoryLimit?: number }).revisionHistoryLimit,
  };
};

const setsOf = (entries: readonly ManagedFieldsEntry[] | undefined): unknown =>
  (entries ?? [])
    .map(({ manager, operation, fieldsV1 }) => ({ id: `${operation} ${manager}`, fieldsV1 }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));

describe('server-side apply', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(any, any, fc.boolean(), (first, second, force) => {
        const before = withEntries(apply(started(), first, 'other', true));
        let once: Applied;
        try {
          once = apply(before, second, 'me', force);
        } catch (error) {
          return error instanceof StatusError && error.status.reason === 'Conflict' && !force;
        }
        const twice = apply(withEntries(once), second, 'me', force);
        expect(twice.object).toEqual(once.object);
        expect(setsOf(twice.managedFields)).toEqual(setsOf(once.managedFields));
        return true;
      }),
    );
  });

  it('commutes for managers that speak of different things', () => {
    fc.assert(
      fc.property(configuration(['a', 'b']), configuration(['c', 'd']), (mine, theirs) => {
        const one = apply(withEntries(apply(started(), mine, 'me')), theirs, 'them');
        const other = apply(withEntries(apply(started(), theirs, 'them')), mine, 'me');
        expect(unordered(one)).toEqual(unordered(other));
        expect(setsOf(one.managedFields)).toEqual(setsOf(other.managedFields));
      }),
    );
  });

  it('takes back all that a manager added when it lets go', () => {
    const nothing: Fields = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
    };
    fc.assert(
      fc.property(any, any, (rest, mine) => {
        const before = apply(started(), rest, 'other');
        let with_: Applied;
        try {
          with_ = apply(withEntries(before), mine, 'me');
        } catch (error) {
          return error instanceof StatusError && error.status.reason === 'Conflict';
        }
        const after = apply(withEntries(with_), nothing, 'me');
        expect(unordered(after)).toEqual(unordered(before));
        expect(setsOf(after.managedFields)).toEqual(setsOf(before.managedFields));
        return true;
      }),
    );
  });

  it('gives the forced manager everything it applied', () => {
    fc.assert(
      fc.property(any, any, (theirs, mine) => {
        const before = withEntries(apply(started(), theirs, 'them'));
        const { object } = apply(before, mine, 'me', true);
        const again = apply(withEntries(apply(before, mine, 'me', true)), mine, 'me');
        expect(again.object).toEqual(object);
      }),
    );
  });
});

describe('tracking of updates', () => {
  it('leaves the entries themselves when nothing changed', () => {
    fc.assert(
      fc.property(any, (config) => {
        const live = withEntries(apply(started(), config, 'me'));
        const entries = (live['metadata'] as { managedFields?: unknown }).managedFields;
        const next = JSON.parse(JSON.stringify(live)) as Fields;
        expect(trackUpdate({ ...judged, old: live, next, manager: 'someone' })).toBe(entries);
      }),
    );
  });

  it('owns each changed path once', () => {
    fc.assert(
      fc.property(any, any, (first, second) => {
        const live = withEntries(apply(started(), first, 'me'));
        const next = apply(live, second, 'probe', true).object;
        const entries = trackUpdate({ ...judged, old: live, next, manager: 'writer' });
        const written = entries?.find((entry) => entry.manager === 'writer')?.fieldsV1 as
          | FieldSet
          | undefined;
        for (const entry of entries ?? []) {
          if (entry.manager === 'writer') continue;
          forEachPath(intersection(entry.fieldsV1 as FieldSet, written ?? EMPTY), (path) => {
            expect(`${entry.manager} keeps ${printPath(path)}`).toBe('');
          });
        }
      }),
    );
  });

  it('merges the oldest updaters once there are more than ten', () => {
    let object: Fields = started();
    for (let index = 0; index < 14; index++) {
      const next = {
        ...object,
        metadata: { ...(object['metadata'] as object), labels: { [`l${index}`]: 'x' } },
      };
      const labels = { ...((object['metadata'] as { labels?: object }).labels ?? {}), [`l${index}`]: 'x' };
      const changed = { ...next, metadata: { ...(object['metadata'] as object), labels } };
      const managedFields = trackUpdate({
        ...judged,
        old: object,
        next: changed,
        manager: `m${index}`,
        now: index * 1000,
      });
      object = deepFreeze({ ...changed, metadata: { ...changed.metadata, managedFields } }) as Fields;
    }
    const { managedFields } = object['metadata'] as { managedFields: readonly ManagedFieldsEntry[] };
    expect(managedFields).toHaveLength(10);
    expect(managedFields[0]?.manager).toBe('ancient-changes');
  });
});

describe('sets of paths', () => {
  const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"z"');
  const path = fc.array(element, { minLength: 1, maxLength: 3 });
  const set = fc.array(path, { maxLength: 6 }).map((paths) => paths);
  const make = (paths: readonly (readonly string[])[]): FieldSet =>
    paths.reduce<FieldSet>((all, each) => {
      let node: FieldSet = {};
      for (const name of [...each].reverse()) node = { [name]: node };
      return union(all, node);
    }, EMPTY);
  const paths = (given: FieldSet): Set<string> => {
    const found = new Set<string>();
    forEachPath(given, (each) => found.add(each.join(' ')));
    return found;
  };

  it('behave like sets', () => {
    fc.assert(
      fc.property(set, set, path, (left, right, probe) => {
        const [ours, theirs] = [make(left), make(right)];
        const [a, b] = [paths(ours), paths(theirs)];
        const key = probe.join(' ');
        expect(hasPath(union(ours, theirs), probe)).toBe(a.has(key) || b.has(key));
        expect(hasPath(difference(ours, theirs), probe)).toBe(a.has(key) && !b.has(key));
        expect(hasPath(intersection(ours, theirs), probe)).toBe(a.has(key) && b.has(key));
        expect(paths(union(ours, theirs))).toEqual(new Set([...a, ...b]));
        expect(deepEqual(readFieldSet(JSON.parse(JSON.stringify(ours))), ours)).toBe(true);
      }),
    );
  });

  it('are read in one form, or not at all', () => {
    expect(readFieldSet({ 'k:{"port":80, "name":"x"}': { 'x:new': {}, '.': {} } })).toEqual({
      'k:{"name":"x","port":80}': {},
    });
    expect(readFieldSet({ 'k:{': {} })).toBeUndefined();
    expect(readFieldSet({ name: {} })).toBeUndefined();
    expect(readFieldSet('text')).toBeUndefined();
  });
});

import type { Lookup } from '../../kinds/define.ts';
import type { PolicyRule } from '../../kinds/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { compactRules, uncovered } from '../rules.ts';
import { named, nameSubject, type ObjectName, readBindings, type SubjectName } from './policy.ts';

/** Rules a subject has in one namespace, or everywhere (''). */
export interface ScopedRules {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

/** What changed for a subject. */
export interface SubjectChange {
  readonly subject: SubjectName;
  readonly gained: readonly ScopedRules[];
  readonly lost: readonly ScopedRules[];
}

/** A role or binding that was made, changed or removed. */
export type ChangedObject = ObjectName & { readonly change: 'added' | 'changed' | 'removed' };

export interface AccessDiff {
  readonly objects: readonly ChangedObject[];
  /** Subjects of bindings whose rights are not the same; by kind and name. */
  readonly subjects: readonly SubjectChange[];
}

const RESOURCES = ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'] as const;

type Objects = ReadonlyMap<string, { readonly name: ObjectName; readonly object: KubeObject }>;

const objectsOf = (lookup: Lookup): Objects =>
  new Map(
    RESOURCES.flatMap((resource) =>
      lookup.list(`${resource}.rbac.authorization.k8s.io`).map((object) => {
        const { name = '', namespace = '' } = object.metadata;
        return [`${resource}/${namespace}/${name}`, { name: named(object.kind, name, namespace), object }];
      }),
    ),
  );

const versionOf = (object: KubeObject): string =>
  `${object.metadata.uid ?? ''}/${object.metadata.resourceVersion ?? ''}`;

const changedObjects = (before: Objects, after: Objects): readonly ChangedObject[] => {
  const found: ChangedObject[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(key), after.get(key)];
    const name = (now ?? old)?.name;
    if (name === undefined) continue;
    if (old === undefined) found.push({ ...name, change: 'added' });
    else if (now === undefined) found.push({ ...name, change: 'removed' });
    else if (versionOf(old.object) !== versionOf(now.object)) found.push({ ...name, change: 'changed' });
  }
  return found;
};

/** Rules by subject and namespace, as the bindings say. */
interface Rights {
  readonly subject: SubjectName;
  readonly byNamespace: Map<string, PolicyRule[]>;
}

const rightsOf = (lookup: Lookup): Map<string, Rights> => {
  const all = new Map<string, Rights>();
  for (const bound of readBindings(lookup)) {
    for (const given of bound.subjects) {
      const subject = nameSubject(given, bound.namespace);
      const key = `${subject.kind}\n${subject.namespace ?? ''}\n${subject.name}`;
      const rights = all.get(key) ?? { subject, byNamespace: new Map() };
      const rules = rights.byNamespace.get(bound.namespace) ?? [];
      rights.byNamespace.set(bound.namespace, [...rules, ...bound.rules]);
      all.set(key, rights);
    }
  }
  return all;
};

/** What `wanted` has that `owned` has not, scope by scope; what holds everywhere holds in each namespace. */
const beyond = (owned: Rights | undefined, wanted: Rights | undefined): readonly ScopedRules[] => {
  const everywhere = owned?.byNamespace.get('') ?? [];
  return [...(wanted?.byNamespace ?? [])]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([namespace, rules]) => {
      const there = namespace === '' ? [] : (owned?.byNamespace.get(namespace) ?? []);
      return { namespace, rules: compactRules(uncovered([...everywhere, ...there], rules)) };
    })
    .filter(({ rules }) => rules.length > 0);
};

/** What changed between two states of a cluster's roles and bindings, and what that means for their subjects. */
export const diffAccess = (before: Lookup, after: Lookup): AccessDiff => {
  const [old, now] = [rightsOf(before), rightsOf(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  const subjects = keys.flatMap((key) => {
    const [had, has] = [old.get(key), now.get(key)];
    const subject = (has ?? had)?.subject;
    const gained = beyond(had, has);
    const lost = beyond(has, had);
    return subject === undefined || gained.length + lost.length === 0 ? [] : [{ subject, gained, lost }];
  });
  return { objects: changedObjects(objectsOf(before), objectsOf(after)), subjects };
};

import type { Lookup } from '../../kinds/define.ts';
import type { PolicyRule } from '../../kinds/generated/types.ts';
import { type Attributes, isPathRequest } from '../attributes.ts';
import { SUPERUSERS, subjectKey } from '../rbac.ts';
import { ruleAllows } from '../rules.ts';
import { nameBinding, nameSubject, type ObjectName, readBindings, type SubjectName } from './policy.ts';

/** One way in which a subject may do something. */
export interface Way {
  readonly binding: ObjectName;
  readonly role: ObjectName;
  readonly ruleIndex: number;
  readonly rule: PolicyRule;
}

/** A subject that may, and how. The group of superusers comes first and has no ways: no rule is asked. */
export interface Able {
  readonly subject: SubjectName;
  readonly ways: readonly Way[];
}

const keyOf = ({ kind, name, namespace = '' }: SubjectName): string => `${kind}\n${namespace}\n${name}`;

/** Everybody the rules allow a request to: users, groups and service accounts, by kind and name. */
export const whoCan = (lookup: Lookup, attributes: Attributes): readonly Able[] => {
  const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  const found = new Map<string, { subject: SubjectName; ways: Way[] }>();
  for (const bound of readBindings(lookup)) {
    if (bound.namespace !== '' && bound.namespace !== namespace) continue;
    const ruleIndex = bound.rules.findIndex((rule) => ruleAllows(rule, attributes));
    const rule = bound.rules[ruleIndex];
    if (rule === undefined) continue;
    const way: Way = { binding: nameBinding(bound), role: bound.roleName, ruleIndex, rule };
    for (const given of bound.subjects) {
      if (subjectKey(given, bound.namespace) === undefined) continue;
      const subject = nameSubject(given, bound.namespace);
      const able = found.get(keyOf(subject)) ?? { subject, ways: [] };
      if (!able.ways.includes(way)) able.ways.push(way);
      found.set(keyOf(subject), able);
    }
  }
  const superusers: SubjectName = { kind: 'Group', name: SUPERUSERS };
  const others = [...found.entries()]
    .filter(([key]) => key !== keyOf(superusers))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const ways = found.get(keyOf(superusers))?.ways ?? [];
  return [{ subject: superusers, ways }, ...others.map(([, able]) => able)];
};

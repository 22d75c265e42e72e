/** Which names of a definition are free in its group (apiextensions-apiserver naming_controller.go). */

import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';

/** Why not all names could be had: the last conflict counts, as upstream. */
export interface NameConflict {
  readonly reason: string;
  readonly message: string;
}

/** The names a definition has from now on, and the conflict if it did not get all of them. */
export interface AcceptedNames {
  readonly accepted: CustomResourceDefinitionNames;
  readonly conflict?: NameConflict;
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

const namesOf = (crds: readonly CustomResourceDefinition[]) => {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of crds) {
    const names = status?.acceptedNames;
    if (names === undefined) continue;
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])])
      if (name) resources.add(name);
    for (const name of [names.kind, names.listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
};

/** Gives a definition what is free of the names it asks for; what it has already stays its own. */
export const acceptNames = (
  crd: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): AcceptedNames => {
  const used = namesOf(others);
  const asked = crd.spec.names;
  const before = crd.status?.acceptedNames ?? { plural: '', kind: '' };
  let conflict: NameConflict | undefined;
  const accepted: {
    -readonly [Name in keyof CustomResourceDefinitionNames]: CustomResourceDefinitionNames[Name];
  } = {
    ...before,
  };
  const single = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    taken: ReadonlySet<string>,
    reason: string,
  ) => {
    const name = asked[field] ?? '';
    if (name !== (before[field] ?? '') && taken.has(name)) conflict = { reason, message: inUse(name) };
    else if (name !== '') accepted[field] = name;
  };
  single('plural', used.resources, 'PluralConflict');
  single('singular', used.resources, 'SingularConflict');
  if (!deepEqual(asked.shortNames ?? [], before.shortNames ?? [])) {
    const own = new Set(before.shortNames ?? []);
    const taken = (asked.shortNames ?? []).filter((name) => !own.has(name) && used.resources.has(name));
    if (taken.length > 0) {
      const messages = taken.map(inUse);
      const message = messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
      conflict = { reason: 'ShortNamesConflict', message };
    } else if (asked.shortNames === undefined) delete accepted.shortNames;
    else accepted.shortNames = asked.shortNames;
  }
  single('kind', used.kinds, 'KindConflict');
  single('listKind', used.kinds, 'ListKindConflict');
  if (asked.categories === undefined) delete accepted.categories;
  else accepted.categories = asked.categories;
  return { accepted, ...(conflict === undefined ? {} : { conflict }) };
};

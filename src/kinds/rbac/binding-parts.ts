/** What role bindings and cluster role bindings share (upstream: pkg/apis/rbac/v1/defaults.go, printers, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../common/columns.ts';
import { child, items, setZero, text } from '../common/draft.ts';
import type { Column } from '../define.ts';
import type { RoleBinding, Subject } from '../generated/types.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** The group of roles, users and groups; service accounts have none. */
export const defaultBinding = (draft: Draft): void => {
  const role = child(draft, 'roleRef');
  if (role) setZero(role, 'apiGroup', RBAC_GROUP);
  for (const subject of items(draft, 'subjects')) {
    if (['User', 'Group'].includes(text(subject, 'kind'))) setZero(subject, 'apiGroup', RBAC_GROUP);
  }
};

const printSubjects =
  (kind: string, print: (subject: Subject) => string) =>
  (object: RoleBinding): string =>
    (object.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(print)
      .join(', ');

const name = (subject: Subject): string => subject.name;

/** An account without a namespace prints as upstream's placeholder would: by its name alone. */
const account = (subject: Subject): string =>
  subject.namespace ? `${subject.namespace}/${subject.name}` : subject.name;

export const bindingColumns: readonly Column[] = [
  nameColumn,
  column<RoleBinding>('Role', 'string', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn,
  wideColumn<RoleBinding>('Users', 'string', printSubjects('User', name)),
  wideColumn<RoleBinding>('Groups', 'string', printSubjects('Group', name)),
  wideColumn<RoleBinding>('ServiceAccounts', 'string', printSubjects('ServiceAccount', account)),
];

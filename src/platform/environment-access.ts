import type { Role } from './access.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { type Owner, roleIn } from './ownership.ts';
import { badRequestProblem } from './problem.ts';

/** What somebody is to an environment. */
export type EnvironmentRelation =
  /** It belongs to their account. */
  | 'owner'
  /** It belongs to an organisation in which they have this role. */
  | 'organisationOwner'
  | 'instructor'
  /** It was made for their account. */
  | 'learner'
  | 'stranger';

/** What can be done with an environment. */
export type EnvironmentAction =
  /** See it: tasks, personas, the last grade. */
  | 'see'
  /** Work in it: kubeconfigs, hints, grading, starting over. */
  | 'practise'
  /** Extend, pause, export. */
  | 'manage'
  /** Delete; also what has expired. */
  | 'remove';

/** Relation -> what it may. Who may not even `see` gets 404, everybody else 403. */
export const ENVIRONMENT_ACTIONS: Readonly<Record<EnvironmentRelation, readonly EnvironmentAction[]>> = {
  owner: ['see', 'practise', 'manage', 'remove'],
  organisationOwner: ['see', 'practise', 'manage', 'remove'],
  instructor: ['see', 'practise', 'manage', 'remove'],
  learner: ['see', 'practise'],
  stranger: [],
};

const OF_ROLE: Readonly<Record<Role, EnvironmentRelation>> = {
  owner: 'organisationOwner',
  instructor: 'instructor',
  // Learners see the environments that were made for them, and no others.
  learner: 'stranger',
};

/** What an account is to an environment. A learner who left the organisation is a stranger. */
export const relationToEnvironment = async (
  db: PlatformDatabase,
  accountId: string,
  environment: Owner & { readonly learnerAccountId: string | null },
): Promise<EnvironmentRelation> => {
  const { organisationId, learnerAccountId } = environment;
  if (organisationId === null) {
    if (environment.accountId === accountId) return 'owner';
    return learnerAccountId === accountId ? 'learner' : 'stranger';
  }
  const role = await roleIn(db, organisationId, accountId);
  if (role === undefined) return 'stranger';
  const relation = OF_ROLE[role];
  return relation === 'stranger' && learnerAccountId === accountId ? 'learner' : relation;
};

/** Lets pass whom an environment of this owner can be made for: members of the owning organisation. */
export const requireLearner = async (
  db: PlatformDatabase,
  { organisationId }: Owner,
  learnerAccountId: string,
): Promise<void> => {
  const role = organisationId === null ? undefined : await roleIn(db, organisationId, learnerAccountId);
  if (role !== undefined) return;
  throw badRequestProblem(
    'learnerAccountId: must be a member of the organisation that owns the environment',
    [{ path: 'learnerAccountId', message: 'is no member of the organisation' }],
  );
};

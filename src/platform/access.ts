/**
 * Who may do what on whose: two tables that every route of the control API, and the way into a cluster, read. Scopes
 * of API keys narrow this further; they never widen it.
 */

/** What somebody is in an organisation. */
export type Role = 'owner' | 'instructor' | 'learner';

/** The roles, most powerful first. */
export const ROLES = ['owner', 'instructor', 'learner'] as const satisfies readonly Role[];

/** What can be done with an organisation and with what it owns. */
export type OrganisationAction =
  /** See that it exists, its name, one's own role. */
  | 'see'
  /** See who belongs to it. */
  | 'seeMembers'
  /** Make, use, change and delete its clusters, environments and templates. */
  | 'work'
  /** Invite and remove learners. */
  | 'manageLearners'
  /** Invite anybody, change roles, remove anybody, rename, register webhooks, delete it. */
  | 'govern';

/** Role -> what it may. */
export const ORGANISATION_ACTIONS: Readonly<Record<Role, readonly OrganisationAction[]>> = {
  owner: ['see', 'seeMembers', 'work', 'manageLearners', 'govern'],
  instructor: ['see', 'seeMembers', 'work', 'manageLearners'],
  learner: ['see'],
};

/** What somebody is to a cluster. */
export type ClusterRelation =
  /** It belongs to their account. */
  | 'owner'
  /** It belongs to an organisation in which they have this role. */
  | 'organisationOwner'
  | 'instructor'
  | 'learner'
  /** It was shared with them. */
  | 'sharedAdmin'
  | 'sharedUser'
  | 'stranger';

/** What can be done with a cluster. */
export type ClusterAction =
  /** See its entry and its clock. */
  | 'see'
  /** Go in as oneself, with what the cluster's RBAC grants. */
  | 'enter'
  /** Be cluster-admin in it, make kubeconfigs for anybody, move its clock, read its audit log. */
  | 'administer'
  /** Rename, extend, share, delete. */
  | 'manage';

const EVERYTHING: readonly ClusterAction[] = ['see', 'enter', 'administer', 'manage'];

/** Relation -> what it may. Who may not even `see` gets 404, everybody else 403. */
export const CLUSTER_ACTIONS: Readonly<Record<ClusterRelation, readonly ClusterAction[]>> = {
  owner: EVERYTHING,
  organisationOwner: EVERYTHING,
  instructor: EVERYTHING,
  learner: [],
  sharedAdmin: ['see', 'enter', 'administer'],
  sharedUser: ['see', 'enter'],
  stranger: [],
};

/** What a role in the owning organisation makes somebody to its clusters. */
export const RELATION_OF_ROLE: Readonly<Record<Role, ClusterRelation>> = {
  owner: 'organisationOwner',
  instructor: 'instructor',
  learner: 'learner',
};

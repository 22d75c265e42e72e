/** Headings of the control API's reference, in their order, with what each is about. */
export const TAGS = {
  Accounts: 'Signing up and in, sessions, API keys, and leaving.',
  Organisations: 'Owners, instructors and learners who work on the same clusters and environments.',
  Clusters: 'The directory of clusters, their kubeconfigs and who they are shared with.',
  Time: "A cluster's own clock: read, paused, paced and moved forward.",
  Access: 'Who may do what in a cluster, why, and what was done.',
  Templates: 'Exercises and scenarios as immutable versions.',
  Environments: 'A template in use: personas, tasks, grading.',
  Webhooks: 'Signed notices of what happened, with their deliveries.',
  Reference: 'This document.',
} as const;

/** A heading. */
export type Tag = keyof typeof TAGS;

/** What webhooks can be told, with what the `data` of each is. New rows are added at the end of their kind. */
export const WEBHOOK_EVENTS = {
  'cluster.created': 'A cluster was made and serves its API. `data`: the cluster.',
  'cluster.deleted': 'A cluster was deleted with all its data. `data`: the cluster as it was.',
  'cluster.expired': "A cluster's time was up; its data is gone. `data`: `{id}`.",
  'environment.created': 'An environment is ready for its learner. `data`: the environment.',
  'environment.reset': 'An environment was put back to its beginning. `data`: the environment.',
  'environment.graded': 'An environment was graded on request. `data`: the environment and its score.',
  'environment.passed': 'All points of an environment were reached for the first time. `data`: as above.',
  'environment.expired': "An environment's time was up. `data`: `{id, learnerRef}`.",
  'environment.deleted': 'An environment was deleted. `data`: the environment as it was.',
} as const;

/** One kind of event. */
export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;

/** All kinds, in the order of the table. */
export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];

/** The kind that only `POST …/ping` sends; every webhook gets it. */
export const PING = 'ping';

/** Whether a webhook that asked for `wanted` is told this: by its name, `cluster.*` or `*`. */
export const wants = (wanted: readonly string[], type: string): boolean =>
  type === PING || wanted.some((name) => name === '*' || name === type || name === `${type.split('.')[0]}.*`);

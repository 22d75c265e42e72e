/** Who may call what on whose: every pair, as data. */

/**
 * Everybody who may come along. `learner`, `instructor`: of the organisation; the shared ones were given the clusters;
 * the others own or are given nothing.
 */
export const WHO = [
  'owner',
  'ownerKey',
  'readKey',
  'otherKey',
  'instructor',
  'learner',
  'sharedAdmin',
  'sharedUser',
  'stranger',
  'anonymous',
  'nonsense',
] as const;

/** Somebody of the table. */
export type Who = (typeof WHO)[number];

/** What people whom nobody knows are told, everywhere. */
const UNKNOWN = ' 401 401';

type Row = readonly [statuses: string, request: string, body?: unknown];

// Statuses: owner, owner's keys (all, read, other), instructor, learner, shared admin, shared user, stranger.
// `---` is not asked, since it would take away what the other rows need.
// biome-ignore format: columns are read downwards
const ROWS: readonly Row[] = [
  // A cluster of the owner's account.
  ['200 200 200 403 404 404 200 200 404', 'GET /v1/clusters/{own}'],
  ['200 200 403 403 404 404 403 403 404', 'PATCH /v1/clusters/{own}', {}],
  ['200 200 200 403 404 404 200 200 404', 'GET /v1/clusters/{own}/clock'],
  ['200 200 403 403 404 404 200 403 404', 'PATCH /v1/clusters/{own}/clock', {}],
  ['200 200 403 403 404 404 200 403 404', 'POST /v1/clusters/{own}/clock/advance', { seconds: 0 }],
  ['201 201 403 403 404 404 201 201 404', 'POST /v1/clusters/{own}/kubeconfigs', {}],
  ['201 201 403 403 404 404 201 403 404', 'POST /v1/clusters/{own}/kubeconfigs', { user: 'x' }],
  ['201 201 403 403 404 404 201 403 404', 'POST /v1/clusters/{own}/tokens', { user: 'x' }],
  ['200 200 200 403 404 404 200 403 404', 'GET /v1/clusters/{own}/tokens'],
  ['404 404 403 403 404 404 404 403 404', 'DELETE /v1/clusters/{own}/tokens/none'],
  ['201 201 403 403 404 404 201 403 404', 'POST /v1/clusters/{own}/signing-keys', {}],
  ['200 200 200 403 404 404 200 403 404', 'GET /v1/clusters/{own}/audit'],
  ['200 200 200 403 404 404 403 403 404', 'GET /v1/clusters/{own}/shares'],
  ['404 404 403 403 404 404 403 403 404', 'DELETE /v1/clusters/{own}/shares/nope'],
  // A cluster of the organisation.
  ['200 200 200 403 200 404 200 200 404', 'GET /v1/clusters/{shared}'],
  ['200 200 403 403 200 404 403 403 404', 'PATCH /v1/clusters/{shared}', {}],
  ['201 201 403 403 201 404 201 403 404', 'POST /v1/clusters/{shared}/kubeconfigs', { user: 'x' }],
  ['200 200 200 403 200 404 200 403 404', 'GET /v1/clusters/{shared}/audit'],
  ['200 200 200 403 200 404 403 403 404', 'GET /v1/clusters/{shared}/shares'],
  ['200 200 200 403 200 403 404 404 404', 'GET /v1/clusters?organisation={organisation}'],
  // The Kubernetes API behind both.
  ['200 200 200 401 404 404 200 403 404', 'GET /clusters/{own}/api/v1/nodes'],
  ['200 200 200 401 200 404 200 403 404', 'GET /clusters/{shared}/api/v1/nodes'],
  // Environments: one's own, the organisation's, and one of those that was made for the learner.
  ['200 200 403 403 404 404 404 404 404', 'GET /v1/environments/{mine}'],
  ['200 200 403 403 200 404 404 404 404', 'GET /v1/environments/{loose}'],
  ['200 200 403 403 200 200 404 404 404', 'GET /v1/environments/{lesson}'],
  ['200 200 403 403 200 404 404 404 404', 'POST /v1/environments/{loose}/grade'],
  ['200 200 403 403 200 200 404 404 404', 'POST /v1/environments/{lesson}/grade'],
  ['200 200 403 403 200 200 404 404 404', 'POST /v1/environments/{lesson}/reset'],
  ['404 404 403 403 404 404 404 404 404', 'POST /v1/environments/{lesson}/hints', { task: 'x' }],
  ['200 200 403 403 200 200 404 404 404', 'GET /v1/environments/{lesson}/kubeconfigs/developer'],
  ['200 200 403 403 200 403 404 404 404', 'POST /v1/environments/{lesson}/pause'],
  ['200 200 403 403 200 403 404 404 404', 'POST /v1/environments/{lesson}/resume'],
  ['200 200 403 403 200 403 404 404 404', 'POST /v1/environments/{lesson}/extend', { ttlSeconds: 3600 }],
  ['200 200 403 403 200 403 404 404 404', 'GET /v1/environments/{lesson}/attempt'],
  ['404 404 403 403 404 404 404 404 404', 'DELETE /v1/environments/nope'],
  ['200 200 403 403 200 403 404 404 404', 'GET /v1/environments?organisation={organisation}'],
  ['200 200 403 403 200 200 200 200 200', 'GET /v1/environments?mine=true'],
  // A learner is in the cluster who the exercise says, never its admin.
  ['201 201 403 403 201 404 404 404 404', 'POST /v1/clusters/{lessonCluster}/kubeconfigs', { user: 'x' }],
  ['200 200 200 401 200 404 404 404 404', 'GET /clusters/{lessonCluster}/api/v1/nodes'],
  // Templates.
  ['200 200 403 200 200 200 200 200 200', 'GET /v1/templates'],
  ['200 200 403 200 200 403 404 404 404', 'GET /v1/templates?organisation={organisation}'],
  ['422 422 403 403 422 422 422 422 422', 'POST /v1/templates', 'nothing'],
  ['422 422 403 403 422 403 404 404 404', 'POST /v1/templates?organisation={organisation}', 'nothing'],
  // The organisation.
  ['200 200 200 403 200 200 404 404 404', 'GET /v1/organisations/{organisation}'],
  ['200 200 403 403 403 403 404 404 404', 'PATCH /v1/organisations/{organisation}', { name: 'S' }],
  ['200 200 200 403 200 403 404 404 404', 'GET /v1/organisations/{organisation}/members'],
  ['200 200 403 403 403 403 404 404 404', 'PATCH /v1/organisations/{organisation}/members/{learner}', { role: 'learner' }],
  ['409 409 403 403 403 403 404 404 404', 'PATCH /v1/organisations/{organisation}/members/{owner}', { role: 'learner' }],
  ['409 409 403 403 403 403 404 404 404', 'DELETE /v1/organisations/{organisation}/members/{owner}'],
  ['200 200 200 403 200 403 404 404 404', 'GET /v1/organisations/{organisation}/invitations'],
  ['201 201 403 403 201 403 404 404 404', 'POST /v1/organisations/{organisation}/invitations', {}],
  ['201 201 403 403 403 403 404 404 404', 'POST /v1/organisations/{organisation}/invitations', { email: 'new@access.test', role: 'owner' }],
  ['200 200 200 403 403 403 404 404 404', 'GET /v1/webhooks?organisation={organisation}'],
  // Webhooks of the account: others have their own couriers, in which there is no such webhook.
  ['200 200 200 403 404 404 404 404 404', 'GET /v1/webhooks/{hook}'],
  ['200 200 403 403 404 404 404 404 404', 'POST /v1/webhooks/{hook}/rotate', {}],
  // The account itself.
  ['200 200 200 200 200 200 200 200 200', 'GET /v1/me'],
  ['200 200 403 403 200 200 200 200 200', 'GET /v1/api-keys'],
  ['200 200 403 403 200 200 200 200 200', 'GET /v1/sessions'],
  ['--- --- 403 403 --- --- --- --- ---', 'DELETE /v1/account'],
  // Last: they change who is who.
  ['--- --- 403 403 403 403 404 404 404', 'DELETE /v1/organisations/{organisation}'],
  ['--- --- 403 403 404 404 403 403 404', 'DELETE /v1/clusters/{own}'],
];

/** A request of somebody and the status that it must have. */
export interface Pair {
  readonly who: Who;
  readonly status: number;
}

/** Requests with what everybody must be told. */
export const table = ROWS.map(([statuses, request, body]) => {
  const [method = '', path = ''] = request.split(' ');
  const told = (statuses + UNKNOWN).split(' ');
  const pairs = WHO.flatMap((who, index): readonly Pair[] =>
    told[index] === '---' ? [] : [{ who, status: Number(told[index]) }],
  );
  return { method, path, body, pairs };
});

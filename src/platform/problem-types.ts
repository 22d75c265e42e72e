/**
 * Every kind of failure the control API reports. The slug is the stable part of a problem's `type`
 * (`/docs/problems/{slug}`): programs may rely on it, titles and details are for people.
 */

interface ProblemTypeRow {
  readonly status: number;
  readonly title: string;
  /** What it means and what to do about it; shown on the problem's page. */
  readonly meaning: string;
}

/** The table. Rows are added, never renamed. */
export const PROBLEM_TYPES = {
  'invalid-request': {
    status: 400,
    title: 'Bad Request',
    meaning:
      'The body, the query or the path is not what the route takes. `errors` names every wrong place; ask again with it mended.',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    meaning:
      'No credentials came, or they are wrong, expired or revoked. Send `Authorization: Bearer` with an API key or a session token.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    meaning:
      'The credentials are good, but your role in the organisation, or what was shared with you, does not include this.',
  },
  'missing-scope': {
    status: 403,
    title: 'Missing Scope',
    meaning:
      'The API key is limited to other scopes. The detail names the one that is needed; use a key that has it.',
  },
  'quota-exceeded': {
    status: 403,
    title: 'Quota Exceeded',
    meaning: "The plan's limit is reached. Delete something that is no longer needed, or ask for more.",
  },
  'not-found': {
    status: 404,
    title: 'Not Found',
    meaning: 'There is no such thing, or it is not yours to see. The two are never told apart.',
  },
  'no-such-route': {
    status: 404,
    title: 'No Such Route',
    meaning: 'The control API has no such path. The reference lists them all.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method Not Allowed',
    meaning: 'The path exists, the method does not. `Allow` lists those that do.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    meaning: 'It clashes with what exists, e.g. a name that is taken or a state that does not allow this.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'Request In Progress',
    meaning:
      'A request with this `Idempotency-Key` is being worked on. Ask again after `Retry-After` seconds; you will get its answer.',
  },
  gone: {
    status: 410,
    title: 'Gone',
    meaning: 'It was there and has expired or been used up.',
  },
  'too-large': {
    status: 413,
    title: 'Content Too Large',
    meaning: 'The body is over the limit the detail names.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported Media Type',
    meaning: 'The body is of a type the route does not read. Send `Content-Type: application/json`.',
  },
  unprocessable: {
    status: 422,
    title: 'Unprocessable Content',
    meaning: 'The request is well formed, but what it asks for makes no sense. The detail says why.',
  },
  'template-rejected': {
    status: 422,
    title: 'Template Rejected',
    meaning:
      'The template has the wrong form, or playing it showed that it is not right: the solution must pass every check, the untouched environment fail each, and wrong answers fail as said. `errors` names every place, with its line.',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'Idempotency Key Used Before',
    meaning:
      'This `Idempotency-Key` came with a different request within the last 24 hours. Use a new key for a new request.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too Many Requests',
    meaning: 'Too many requests in a short time. Wait `Retry-After` seconds.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal Server Error',
    meaning: 'A fault of ours. The request id helps us find it; asking again may help you.',
  },
  'not-implemented': {
    status: 501,
    title: 'Not Implemented',
    meaning: 'Announced in the interface, but not available yet.',
  },
  'cluster-failed': {
    status: 502,
    title: 'Cluster Failed',
    meaning: 'The cluster behind the route refused or did not answer as it should.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    meaning: 'Busy or restarting. Ask again after `Retry-After` seconds.',
  },
} as const satisfies Readonly<Record<string, ProblemTypeRow>>;

/** The stable name of a kind of failure. */
export type ProblemType = keyof typeof PROBLEM_TYPES;

/** The URI reference that stands in a problem's `type`; it leads to its page on the same host. */
export const problemTypeUri = (type: ProblemType): string => `/docs/problems/${type}`;

const BY_STATUS: Readonly<Record<number, ProblemType>> = {
  400: 'invalid-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  410: 'gone',
  413: 'too-large',
  415: 'unsupported-media-type',
  422: 'unprocessable',
  429: 'rate-limited',
  500: 'internal-error',
  501: 'not-implemented',
  502: 'cluster-failed',
  503: 'unavailable',
};

/** The general kind of failure of a status. */
export const problemTypeOfStatus = (status: number): ProblemType =>
  BY_STATUS[status] ?? (status < 500 ? 'invalid-request' : 'internal-error');

import { StatusError } from '../../machinery/status.ts';
import { makeProblem, ProblemError } from '../../platform/problem.ts';
import { problemTypeOfStatus, problemTypeUri } from '../../platform/problem-types.ts';

/** A cluster's object that is catching up, or that the platform is moving: asking again helps. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error &&
  (/the cluster answers (?:429|503)$/.test(error.message) ||
    (error as { readonly retryable?: boolean }).retryable === true);

/** Any thrown value as a problem. What is not one of ours is a bug: it is journalled and says nothing. */
export const toProblem = (error: unknown, requestId: string): ProblemError => {
  if (error instanceof ProblemError) return error;
  if (error instanceof StatusError) {
    // The edge's own refusals, e.g. of a body that is too large, and the clusters'.
    const { code, message } = error.status;
    return makeProblem(problemTypeOfStatus(code), message ?? 'refused');
  }
  if (isPassing(error)) {
    const retryAfterSeconds = 1;
    return makeProblem('unavailable', 'the cluster is busy or restarting', { retryAfterSeconds });
  }
  const stack = error instanceof Error ? error.stack : undefined;
  console.error(JSON.stringify({ event: 'control-api-error', requestId, error: String(error), stack }));
  return makeProblem('internal-error', 'an unexpected failure; its request id finds it in our journal');
};

/** A problem as an answer. */
export const printProblem = ({ problem }: ProblemError, requestId: string): Response => {
  const { retryAfterSeconds, headers, type, ...shown } = problem;
  const body = {
    type: problemTypeUri(type ?? problemTypeOfStatus(problem.status)),
    ...shown,
    requestId,
  };
  return new Response(`${JSON.stringify(body)}\n`, {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    },
  });
};

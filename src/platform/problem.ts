import { PROBLEM_TYPES, type ProblemType } from './problem-types.ts';

/** One wrong place of a request: `path` is dotted (`nodes.0.name`), inside the body unless `in` says otherwise. */
export interface ProblemPlace {
  readonly path: string;
  readonly message: string;
  readonly in?: 'query' | 'path';
}

/** A failure of the control API: RFC 9457 problem details. */
export interface Problem {
  /** The stable kind; absent: the general one of the status. */
  readonly type?: ProblemType;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  /** What is wrong with the request, place by place. */
  readonly errors?: readonly ProblemPlace[];
  readonly retryAfterSeconds?: number;
  /** Headers of the answer beside those every problem has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere below the control API's routes and printed as `application/problem+json`. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** A problem of a kind in the table: status and title follow from it. */
export const makeProblem = (
  type: ProblemType,
  detail: string,
  more: Pick<Problem, 'errors' | 'retryAfterSeconds' | 'headers'> = {},
): ProblemError => {
  const { status, title } = PROBLEM_TYPES[type];
  return new ProblemError({ type, status, title, detail, ...more });
};

/** 400: the request cannot be understood. */
export const badRequestProblem = (detail: string, errors?: Problem['errors']): ProblemError =>
  makeProblem('invalid-request', detail, errors ? { errors } : {});

/** 401: no credentials, or credentials that are wrong, expired or revoked. */
export const unauthorizedProblem = (detail = 'A valid API key or session token is required.'): ProblemError =>
  makeProblem('unauthorized', detail);

/** 403: the credentials are good, but not for this. */
export const forbiddenProblem = (detail: string): ProblemError => makeProblem('forbidden', detail);

/** 404: not there, or not the caller's. The two are not told apart. */
export const notFoundProblem = (what: string): ProblemError => makeProblem('not-found', `${what} not found`);

/** 409: clashes with what exists. */
export const conflictProblem = (detail: string): ProblemError => makeProblem('conflict', detail);

/** 501: part of the published interface that is not built yet. */
export const notImplementedProblem = (what: string): ProblemError =>
  makeProblem('not-implemented', `${what} is not available yet.`);

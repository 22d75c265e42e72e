/** A failure of the control API: RFC 9457 problem details. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  /** What is wrong with the request, by JSON path. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
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

/** 400: the request cannot be understood. */
export const badRequestProblem = (detail: string, errors?: Problem['errors']): ProblemError =>
  new ProblemError({ status: 400, title: 'Bad Request', detail, ...(errors ? { errors } : {}) });

/** 401: no credentials, or credentials that are wrong, expired or revoked. */
export const unauthorizedProblem = (detail = 'A valid API key or session token is required.'): ProblemError =>
  new ProblemError({ status: 401, title: 'Unauthorized', detail });

/** 403: the credentials are good, but not for this. */
export const forbiddenProblem = (detail: string): ProblemError =>
  new ProblemError({ status: 403, title: 'Forbidden', detail });

/** 404: not there, or not the caller's. The two are not told apart. */
export const notFoundProblem = (what: string): ProblemError =>
  new ProblemError({ status: 404, title: 'Not Found', detail: `${what} not found` });

/** 409: clashes with what exists. */
export const conflictProblem = (detail: string): ProblemError =>
  new ProblemError({ status: 409, title: 'Conflict', detail });

/** 501: part of the published interface that is not built yet. */
export const notImplementedProblem = (what: string): ProblemError =>
  new ProblemError({ status: 501, title: 'Not Implemented', detail: `${what} is not available yet.` });

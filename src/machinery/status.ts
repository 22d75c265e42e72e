import { type FieldError, printFieldError, printFieldErrors } from './field-error.ts';

/** Failures as clients see them: `metav1.Status` with upstream's code, reason and message wording. */

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** The resource a failure is about: `resource` is the plural name, `group` is '' for core. */
export interface ResourceRef {
  readonly group: string;
  readonly resource: string;
}

/** The kind a validation failure is about. */
export interface KindRef {
  readonly group: string;
  readonly kind: string;
}

/** Every failure a client can cause. Anything else that is thrown is a bug and becomes a 500. */
export class StatusError extends Error {
  readonly status: Status;
  /** Extra response headers, e.g. Retry-After or WWW-Authenticate. */
  readonly headers: Readonly<Record<string, string>>;
  /** Texts for Warning headers, told before the request was refused. */
  readonly warnings: readonly string[];

  constructor(
    status: Status,
    headers: Readonly<Record<string, string>> = {},
    warnings: readonly string[] = [],
  ) {
    super(status.message ?? status.reason ?? 'unknown');
    this.name = 'StatusError';
    this.status = status;
    this.headers = headers;
    this.warnings = warnings;
  }
}

/** Does some work; a refusal carries the warnings told before it, as upstream's answers do. */
export const telling = <Result>(warnings: readonly string[], work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StatusError) || warnings.length === 0) throw error;
    throw new StatusError(error.status, error.headers, [...warnings, ...error.warnings]);
  }
};

/** True for a StatusError with this reason, e.g. `hasReason(error, 'NotFound')`. */
export const hasReason = (error: unknown, reason: string): error is StatusError =>
  error instanceof StatusError && error.status.reason === reason;

/** `deployments.apps`, or `pods` in the core group. */
export const printResource = (ref: ResourceRef): string =>
  ref.group === '' ? ref.resource : `${ref.resource}.${ref.group}`;

const printKind = (ref: KindRef): string => (ref.group === '' ? ref.kind : `${ref.kind}.${ref.group}`);

const detailsOf = (ref: ResourceRef, name?: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(ref.group ? { group: ref.group } : {}),
  kind: ref.resource,
});

/** A failure with everything spelled out; the constructors below are preferred. */
export const makeStatus = (
  code: number,
  reason: string | undefined,
  message: string,
  details?: StatusDetails,
): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  ...(reason === undefined ? {} : { reason }),
  ...(details === undefined ? {} : { details }),
  code,
});

const fail = (code: number, reason: string, message: string, details?: StatusDetails): StatusError =>
  new StatusError(makeStatus(code, reason, message, details));

/** 404 for a missing object. */
export const notFound = (ref: ResourceRef, name: string): StatusError =>
  fail(404, 'NotFound', `${printResource(ref)} "${name}" not found`, detailsOf(ref, name));

/** 404 for a path or a resource that is not served. */
export const resourceNotFound = (): StatusError =>
  new StatusError({
    ...makeStatus(404, 'NotFound', 'the server could not find the requested resource', {}),
  });

/** 409 when a create meets an existing name. */
export const alreadyExists = (ref: ResourceRef, name: string): StatusError =>
  fail(409, 'AlreadyExists', `${printResource(ref)} "${name}" already exists`, detailsOf(ref, name));

/** 409 for optimistic locking and failed preconditions; `cause` is the last part of the message. */
export const conflict = (
  ref: ResourceRef,
  name: string,
  cause = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError =>
  fail(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${printResource(ref)} "${name}": ${cause}`,
    detailsOf(ref, name),
  );

/** 422 with one cause per field error, in the order given. */
export const invalid = (kind: KindRef, name: string, errors: readonly FieldError[]): StatusError => {
  const message = `${printKind(kind)} "${name}" is invalid: ${printFieldErrors(errors)}`;
  return fail(422, 'Invalid', message, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    ...(kind.kind ? { kind: kind.kind } : {}),
    causes: errors.map((error) => ({
      reason: error.type,
      message: printFieldError(error),
      field: error.field,
    })),
  });
};

/** 400 with free text. */
export const badRequest = (message: string): StatusError => fail(400, 'BadRequest', message);

/** 401. */
export const unauthorized = (message = 'Unauthorized'): StatusError => fail(401, 'Unauthorized', message);

/** 403; `message` is the part after `is forbidden: `. */
export const forbidden = (ref: ResourceRef, name: string, message: string): StatusError =>
  fail(
    403,
    'Forbidden',
    `${printResource(ref)}${name ? ` "${name}"` : ''} is forbidden: ${message}`,
    detailsOf(ref, name),
  );

/** 405. */
export const methodNotAllowed = (): StatusError =>
  fail(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** 405 for a verb that the kind itself does not have (apimachinery NewMethodNotSupported). */
export const methodNotSupported = (ref: ResourceRef, action: string): StatusError =>
  fail(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${JSON.stringify(printResource(ref))}`,
    detailsOf(ref),
  );

/** 406, listing the representations that exist. */
export const notAcceptable = (available: readonly string[]): StatusError =>
  fail(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`, {});

/** 415, listing the media types that are read. */
export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  fail(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** 410 for revisions that were compacted. */
export const expired = (message: string): StatusError => fail(410, 'Expired', message);

/** 413. */
export const requestEntityTooLarge = (message: string): StatusError =>
  fail(413, 'RequestEntityTooLarge', message);

/** 429 with Retry-After. */
export const tooManyRequests = (
  message: string,
  retryAfterSeconds: number,
  causes?: readonly StatusCause[],
): StatusError =>
  new StatusError(
    makeStatus(429, 'TooManyRequests', message, { ...(causes ? { causes } : {}), retryAfterSeconds }),
    { 'Retry-After': String(retryAfterSeconds) },
  );

/** 503. */
export const serviceUnavailable = (message: string): StatusError => fail(503, 'ServiceUnavailable', message);

/** 500; the message must not carry internals. */
export const internalError = (message: string): StatusError =>
  fail(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

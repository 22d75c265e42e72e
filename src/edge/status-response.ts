import type { Status, StatusError } from '../machinery/status.ts';

/** A Status as the body of an answer from the edge itself. */
export const statusResponse = (status: Status, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${JSON.stringify(status)}\n`, {
    status: status.code,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...headers },
  });

/** A thrown Status as an answer. */
export const statusErrorResponse = (error: StatusError): Response =>
  statusResponse(error.status, error.headers);

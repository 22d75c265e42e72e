import type { CoreResponse } from '../src/api/contract.ts';
import type { Status, StatusError } from '../src/machinery/status.ts';

/** A `Status` as the answer to a request. */
export const statusAnswer = (
  status: Status,
  headers: Readonly<Record<string, string>> = {},
): CoreResponse => ({
  kind: 'response',
  status: status.code,
  headers: { 'content-type': 'application/json', ...headers },
  body: `${JSON.stringify(status)}\n`,
});

/** An error as the answer to a request, with the headers it asks for, e.g. when to come back. */
export const errorAnswer = ({ status, headers }: StatusError): CoreResponse => statusAnswer(status, headers);

/** An answer as the platform's `Response`. */
export const plainResponse = ({ body, status, headers }: CoreResponse): Response =>
  new Response(body, { status, headers });

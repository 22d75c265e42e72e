/** How refusals of webhooks, and failures to ask them, are told (upstream: apiserver .../webhook/errors/statuserror.go). */

import { internalError, type Status, StatusError } from '../../machinery/status.ts';

/** A call that came to nothing. */
export const callFailure = (name: string, problem: string): StatusError =>
  internalError(`failed calling webhook ${JSON.stringify(name)}: ${problem}`);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const BAD_REQUEST = 400;
const LAST_CODE = 599;

/** The refusal a webhook asked for: its Status, with a code that is a failure and a message that names it. */
export const denial = (name: string, result: Readonly<Record<string, unknown>> | undefined): StatusError => {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const message = textOf(result?.['message']);
  const reason = textOf(result?.['reason']);
  const details = result?.['details'];
  const code = Number(result?.['code']);
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      message !== '' ? `${by}: ${message}` : reason !== '' ? `${by}: ${reason}` : `${by} without explanation`,
    ...(reason === '' ? {} : { reason }),
    ...(typeof details === 'object' && details !== null ? { details } : {}),
    code: Number.isInteger(code) && code >= BAD_REQUEST && code <= LAST_CODE ? code : BAD_REQUEST,
  };
  return new StatusError(status);
};

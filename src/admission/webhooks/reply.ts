/**
 * What a webhook's server answers, as client-go reads it (rest/request.go and apimachinery api/errors, 1.36): its
 * words for an answer that is no success, and for one that is no review.
 */

import { decodeValue, readTypeMeta } from '../../machinery/decode.ts';
import type { OutsideAnswer, OutsideReply } from '../../machinery/outside.ts';
import { bad, good, type Result } from '../../machinery/result.ts';
import type { Field, Schema } from '../../machinery/schema.ts';
import { parseJson } from '../../machinery/strict-json.ts';

type Fields = Readonly<Record<string, unknown>>;

const STRING: Schema = { type: 'string' };

const object = (name: string, fields: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  name,
  fields: new Map(
    Object.entries(fields).map(([key, schema]): [string, Field] => [
      key,
      { name: key, schema, omit: 'empty', pointer: true },
    ]),
  ),
});

/** As far as answers are read; what a webhook repeats of the request is not. */
const REVIEW_SCHEMA = object('io.k8s.api.admission.v1.AdmissionReview', {
  apiVersion: STRING,
  kind: STRING,
  response: object('io.k8s.api.admission.v1.AdmissionResponse', {
    uid: { type: 'string', goType: 'types.UID' },
    allowed: { type: 'boolean' },
    status: object('io.k8s.apimachinery.pkg.apis.meta.v1.Status', {
      status: STRING,
      message: STRING,
      reason: { type: 'string', goType: 'v1.StatusReason' },
      details: { type: 'any' },
      code: { type: 'integer', format: 'int32' },
    }),
    patch: { type: 'string', format: 'byte' },
    patchType: { type: 'string', goType: 'v1.PatchType' },
    auditAnnotations: { type: 'map', items: STRING },
    warnings: { type: 'array', items: STRING },
  }),
});

const SERVER_TEXTS: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  415: 'the server was unable to respond with a content type that the client supports',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** As much of an answer that is no Status as is shown. */
const SHOWN_BODY = 2048;

/** The message of a Status of failure, where the body is one. */
const statusMessage = (body: string): string | undefined => {
  const parsed = parseJson(body);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  const { kind, apiVersion, status, message } = parsed.value as Fields;
  const isStatus = (kind ?? 'Status') === 'Status' && (apiVersion ?? 'v1') === 'v1' && status === 'Failure';
  return isStatus && typeof message === 'string' ? message : undefined;
};

/** How a status that is no success is worded. A body is only shown where it says that it is text. */
const serverFailure = ({ status, body, contentType = '' }: OutsideAnswer): string => {
  const told = statusMessage(body);
  if (told !== undefined) return told;
  const isText = contentType === '' || contentType.trim().toLowerCase().startsWith('text/');
  const shown = (isText ? body.trim().slice(0, SHOWN_BODY) : '') || 'unknown';
  if (status === 403) return shown;
  const text = SERVER_TEXTS[status];
  if (text !== undefined) return text;
  return status >= 500
    ? `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`
    : `the server responded with the status code ${status} but did not return more information`;
};

const failed = (why: string): Result<never> => bad(`failed to call webhook: ${why}`);

/** The body of a reply; the error says why the call failed. `url` is what was posted to. */
export const readReply = (reply: OutsideReply, url: string): Result<string> => {
  if ('failure' in reply) return failed(`Post ${JSON.stringify(url)}: ${reply.failure}`);
  const { status, body, contentType = 'application/json' } = reply;
  if (status < 200 || status > 206) return failed(serverFailure(reply));
  return body === ''
    ? failed(`0-length response with status code: ${status} and content type: ${contentType}`)
    : good(body);
};

/** A body as JSON; what does not begin like an object is YAML, where any text is a string. */
const parseReview = (body: string): Result<unknown> => {
  const parsed = parseJson(body);
  if (parsed.ok || body.trimStart().startsWith('{')) return parsed;
  return good(body);
};

/** The review in a body; the error is the decoder's. */
export const readReview = (body: string): Result<Fields> => {
  const parsed = parseReview(body);
  if (!parsed.ok) return failed(`couldn't get version/kind; json parse error: ${parsed.error}`);
  const meta = readTypeMeta(parsed.value);
  if (!meta.ok) return failed(meta.error);
  const decoded = decodeValue(parsed.value, REVIEW_SCHEMA);
  return decoded.ok ? good(decoded.value.draft as Fields) : failed(decoded.error);
};

/**
 * AdmissionReviews: what a webhook is sent, and what its answer means (upstream: apiserver
 * admission/plugin/webhook/request/admissionreview.go and util/webhook, 1.36).
 */

import { bad, good, type Result } from '../../machinery/result.ts';
import { describeRequest } from '../policies/expressions.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';
import { atVersion } from '../versioned.ts';
import { readReview } from './reply.ts';

const REVIEW = 'admission.k8s.io/v1, Kind=AdmissionReview';

/** The request of a review without its uid, as JSON text. */
export const reviewedRequest = (request: AdmissionRequest, version: MatchedVersion): string => {
  const { kind, object, old, bodyKind } = request;
  const shown = (value: Parameters<typeof atVersion>[0] | undefined): unknown =>
    value === undefined ? null : bodyKind !== undefined ? value : atVersion(value, kind, version);
  const { options = null, ...described } = describeRequest(request, version);
  return JSON.stringify({ ...described, object: shown(object), oldObject: shown(old), options });
};

/** A review as it is posted. */
export const printReview = (uid: string, request: string): string =>
  `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":${JSON.stringify(uid)},${request.slice(1)}}`;

/** What a webhook says. */
export interface Verdict {
  readonly allowed: boolean;
  /** The Status of a refusal, as far as it was given. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  /** A JSON Patch as it was sent. */
  readonly patch: string | undefined;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const kindOf = (review: Fields): string => {
  const [group, version] = textOf(review['apiVersion']).includes('/')
    ? textOf(review['apiVersion']).split('/')
    : ['', textOf(review['apiVersion'])];
  return `${group}/${version}, Kind=${textOf(review['kind'])}`.replace(/^\/, /, '/, ');
};

const patchProblem = (response: Fields, isMutating: boolean): string | undefined => {
  const patch = textOf(response['patch']);
  const { patchType } = response;
  const hasType = patchType !== undefined && patchType !== null;
  if (!isMutating) {
    if (patch !== '') return 'validating webhook may not return response.patch';
    return hasType ? 'validating webhook may not return response.patchType' : undefined;
  }
  if (patch !== '' && !hasType) return 'webhook returned response.patch but not response.patchType';
  if (patch === '' && hasType) return 'webhook returned response.patchType but not response.patch';
  return hasType && patchType !== 'JSONPatch'
    ? `webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`
    : undefined;
};

/** `text` is base64 that was read before. */
const decodePatch = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));

const stringsOf = (value: unknown): Readonly<Record<string, string>> =>
  isFields(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textOf(item)])) : {};

/** The verdict in an answer; the error says what is wrong with it. */
export const readVerdict = (body: string, uid: string, isMutating: boolean): Result<Verdict> => {
  const decoded = readReview(body);
  if (!decoded.ok) return decoded;
  const review = decoded.value;
  const invalid = (text: string): Result<Verdict> => bad(`received invalid webhook response: ${text}`);
  const { response } = review;
  if (!isFields(response)) return invalid('webhook response was absent');
  if (textOf(response['uid']) !== uid) {
    return invalid(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response['uid']))}`,
    );
  }
  const kind = kindOf(review);
  if (kind !== REVIEW) return invalid(`expected webhook response of ${REVIEW}, got ${kind}`);
  const problem = patchProblem(response, isMutating);
  if (problem !== undefined) return invalid(problem);
  const patch = textOf(response['patch']);
  const { status, warnings } = response;
  return good({
    allowed: response['allowed'] === true,
    result: isFields(status) ? status : undefined,
    patch: patch === '' ? undefined : decodePatch(patch),
    warnings: Array.isArray(warnings) ? warnings.map(textOf) : [],
    annotations: stringsOf(response['auditAnnotations']),
  });
};

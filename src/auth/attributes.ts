/** What a request wants to do, as authorizers see it, and how a refusal reads. */

import { forbidden, makeStatus, StatusError } from '../machinery/status.ts';
import type { Identity } from './identity.ts';

/** A request for a path that is no resource, e.g. `/healthz`. */
export interface PathAttributes {
  /** The lower-case HTTP method. */
  readonly verb: string;
  readonly path: string;
}

/** A request for a resource. Absent and empty mean the same everywhere. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly version?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  /** '' at cluster scope and for requests over all namespaces. */
  readonly namespace?: string;
  readonly path?: undefined;
  /** Selectors of list, watch and deletecollection, for authorizers that look at them (the node's). */
  readonly fieldSelector?: string;
}

export type Attributes = PathAttributes | ResourceAttributes;

/** The answer of an authorizer. `denied` ends the search; neither allowed nor denied is "no opinion". */
export interface Decision {
  readonly allowed: boolean;
  readonly denied?: boolean;
  /** Upstream's reason text; '' when there is none. */
  readonly reason: string;
  readonly evaluationError?: string;
}

export const isPathRequest = (attributes: Attributes): attributes is PathAttributes =>
  attributes.path !== undefined;

/** `pods/log`, or `pods` without a subresource. */
export const combinedResource = (attributes: ResourceAttributes): string =>
  attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;

/** The sentence of a refusal (apiserver endpoints/handlers/responsewriters, errors.go). */
export const describeRefusal = (identity: Identity, attributes: Attributes): string => {
  const who = `User ${JSON.stringify(identity.username)} cannot ${attributes.verb}`;
  if (isPathRequest(attributes)) return `${who} path ${JSON.stringify(attributes.path)}`;
  const what = `resource ${JSON.stringify(combinedResource(attributes))} in API group ${JSON.stringify(attributes.group)}`;
  const where = attributes.namespace
    ? `in the namespace ${JSON.stringify(attributes.namespace)}`
    : 'at the cluster scope';
  return `${who} ${what} ${where}`;
};

/** The 403 of a request that no authorizer allowed; `reason` is the decision's and is appended when not empty. */
export const forbiddenRequest = (identity: Identity, attributes: Attributes, reason = ''): StatusError => {
  const sentence = describeRefusal(identity, attributes);
  const message = reason === '' ? sentence : `${sentence}: ${reason}`;
  if (isPathRequest(attributes) || attributes.resource === '') {
    return new StatusError(makeStatus(403, 'Forbidden', `forbidden: ${message}`, {}));
  }
  return forbidden(
    { group: attributes.group, resource: attributes.resource },
    attributes.name ?? '',
    message,
  );
};

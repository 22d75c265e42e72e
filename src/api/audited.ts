/** The seam to the audit log: what a request is about, and its bodies as values, in the log's terms. */

import type { AuditedAnswer } from '../audit/auditor.ts';
import type { AuditedInfo, AuditedRequest } from '../audit/trace.ts';
import { anonymous } from '../auth/identity.ts';
import { StatusError } from '../machinery/status.ts';
import { mediaTypeOf, parseBody, parseYaml } from './body.ts';
import { MEDIA_TYPES } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

/** A request's analysis as the audit log takes it. */
export const auditedInfo = (info: RequestInfo): AuditedInfo => {
  if (!info.isResource) return { verb: info.verb, path: info.path, version: '', resource: undefined };
  const { verb, path, version, group, resource, subresource, namespace, name } = info;
  return { verb, path, version, resource: { group, resource, subresource, namespace, name } };
};

const decoder = new TextDecoder();

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The body of a request as it was sent, as a JSON value; `undefined` for one that cannot be read. */
export const requestObject = (audited: AuditedRequest): unknown => {
  const request = { ...audited, identity: anonymous };
  const type = mediaTypeOf(request);
  if (type.endsWith('json') || type === '') return parsed(decoder.decode(request.body));
  if (type.endsWith('yaml')) return parseYaml(decoder.decode(request.body)).value;
  try {
    return parseBody(request, undefined).value;
  } catch (error) {
    // What cannot be decoded was refused; the log says so without its body.
    if (error instanceof StatusError) return undefined;
    throw error;
  }
};

/** The body of an answer as a JSON value; `undefined` for a watch and for what is neither JSON nor YAML. */
export const responseObject = ({ headers, body }: AuditedAnswer): unknown => {
  if (typeof body !== 'string' || body === '') return undefined;
  const type = headers['Content-Type'] ?? '';
  if (type.startsWith(MEDIA_TYPES.json)) return parsed(body);
  return type.startsWith(MEDIA_TYPES.yaml) ? parseYaml(body).value : undefined;
};

/** Where a webhook is reached (upstream: apiserver pkg/util/webhook/validation.go, 1.36). */

import { invalidValue, required } from '../../machinery/field-error.ts';
import { parseGoUrl } from '../../machinery/go-url.ts';
import { dns1123Subdomain, portNumber } from '../../machinery/name-rules.ts';
import { checkPresent, type Errors } from '../common/checks.ts';
import type { ServiceReference, WebhookClientConfig } from '../generated/types.ts';

const FORM = '; desired format: https://host[/path]';

/** A URL of a webhook: https, a host, nothing but a path after it. */
export const checkWebhookUrl = (errors: Errors, path: string, text: string): void => {
  const made = parseGoUrl(text);
  if (!made.ok) {
    errors.push(required(path, `url must be a valid URL: ${made.error}${FORM}`));
    return;
  }
  const url = made.value;
  if (url.scheme !== 'https') {
    errors.push(invalidValue(path, url.scheme, `'https' is the only allowed URL scheme${FORM}`));
  }
  if (url.host === '') errors.push(invalidValue(path, url.host, `host must be specified${FORM}`));
  if (url.user !== undefined) {
    errors.push(invalidValue(path, url.user, 'user information is not permitted in the URL'));
  }
  if (url.fragment !== '') {
    errors.push(invalidValue(path, url.fragment, 'fragments are not permitted in the URL'));
  }
  if (url.query !== '') {
    errors.push(invalidValue(path, url.query, 'query parameters are not permitted in the URL'));
  }
};

const checkSegments = (errors: Errors, path: string, text: string): void => {
  if (text === '' || text === '/') return;
  if (text === '//') {
    errors.push(invalidValue(path, text, 'segment[0] may not be empty'));
    return;
  }
  if (!text.startsWith('/')) errors.push(invalidValue(path, text, "must start with a '/'"));
  const inner = text.slice(1).replace(/\/$/, '');
  inner.split('/').forEach((segment, index) => {
    if (segment === '') errors.push(invalidValue(path, text, `segment[${index}] may not be empty`));
    else {
      for (const message of dns1123Subdomain(segment)) {
        errors.push(invalidValue(path, text, `segment[${index}]: ${message}`));
      }
    }
  });
};

/** A service of a webhook. Upstream confuses name and namespace when it says which one is missing. */
export const checkWebhookService = (errors: Errors, path: string, service: ServiceReference): void => {
  checkPresent(errors, `${path}.name`, service.namespace);
  checkPresent(errors, `${path}.namespace`, service.name);
  const port = service.port ?? 0;
  const messages = portNumber(port);
  if (messages.length > 0) {
    errors.push(invalidValue(`${path}.port`, port, `port is not valid: ${messages.join(', ')}`));
  }
  if (service.path !== undefined) checkSegments(errors, `${path}.path`, service.path);
};

/** One of a URL and a service. */
export const checkClientConfig = (
  errors: Errors,
  path: string,
  config: WebhookClientConfig | undefined,
): void => {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined)) {
    errors.push(required(path, 'exactly one of url or service is required'));
  } else if (url !== undefined) checkWebhookUrl(errors, `${path}.url`, url);
  else if (service !== undefined) checkWebhookService(errors, `${path}.service`, service);
};

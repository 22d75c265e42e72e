/**
 * The way out for webhooks of clusters. It is closed unless the installation names hosts that may be called; then
 * admission webhooks (and nothing else of a cluster) reach these hosts, over https, through the guard every call
 * passes.
 */

import type { OutsideCall, OutsideReply } from '../src/machinery/outside.ts';
import {
  checkOutboundUrl,
  guardedFetch,
  type OutboundPolicy,
  OutboundRefused,
} from '../src/platform/outbound-guard.ts';

/** The variables that open the way. */
export interface WebhookBindings {
  /** Hosts that webhooks may call: names, each with all names below it, or `*` for every public one; by comma. */
  readonly WEBHOOK_HOSTS?: string;
  readonly PUBLIC_URL?: string;
}

/** What the object needs: whether an address may be called, and the call itself. */
export interface WebhookCalls {
  reaches(url: string): boolean;
  perform(call: OutsideCall): Promise<OutsideReply>;
}

/** As much of an answer as is read: a patch cannot be larger than an object. */
const MAX_BYTES = 3 * 1024 * 1024;

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The listed hosts, lower case. */
const hostsOf = (list: string | undefined): readonly string[] =>
  (list ?? '')
    .split(',')
    .map((host) => host.trim().toLowerCase().replace(/^\./, ''))
    .filter((host) => host !== '');

const isListed = (hosts: readonly string[], name: string): boolean =>
  hosts.some((host) =>
    host === '*' ? !LOOPBACK_HOSTS.has(name) : name === host || name.endsWith(`.${host}`),
  );

const decoder = new TextDecoder();

/** Why a call came to nothing, as nearly as may be in the words of Go's HTTP client. */
const failureOf = (error: unknown): string => {
  if (error instanceof OutboundRefused) return error.message;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError' || name === 'AbortError') return 'context deadline exceeded';
  if (/certificate|TLS/i.test(message)) {
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  }
  if (/refused/i.test(message)) return 'dial tcp: connect: connection refused';
  return /DNS|resolve|lookup/i.test(message) ? 'dial tcp: lookup: no such host' : 'EOF';
};

/** The way out as the variables describe it; `undefined` while it is closed. */
export const openWebhookCalls = (env: WebhookBindings): WebhookCalls | undefined => {
  const hosts = hostsOf(env.WEBHOOK_HOSTS);
  if (hosts.length === 0) return undefined;
  const policy: OutboundPolicy = {
    // The operator's own machine only where the list names it.
    loopback: hosts.some((host) => LOOPBACK_HOSTS.has(host)),
    ...(env.PUBLIC_URL === undefined ? {} : { ownOrigin: new URL(env.PUBLIC_URL).origin }),
  };
  return {
    reaches: (url) => {
      try {
        const { protocol, hostname } = checkOutboundUrl(url, policy);
        return protocol === 'https:' && isListed(hosts, hostname.toLowerCase());
      } catch (error) {
        if (error instanceof OutboundRefused) return false;
        throw error;
      }
    },
    perform: async ({ url, body, timeoutSeconds }) => {
      try {
        const answer = await guardedFetch(
          url,
          {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              accept: 'application/json, */*',
              'user-agent': 'kube-apiserver-admission',
            },
            body,
          },
          policy,
          { timeoutMs: timeoutSeconds * 1000, maxBytes: MAX_BYTES },
        );
        const contentType = answer.headers.get('content-type');
        return {
          status: answer.status,
          body: decoder.decode(answer.body),
          ...(contentType === null ? {} : { contentType }),
        };
      } catch (error) {
        return { failure: failureOf(error) };
      }
    },
  };
};

/** Makes calls at the same time; replies by id. */
export const performAll = async (
  calls: readonly OutsideCall[],
  { perform }: WebhookCalls,
): Promise<Readonly<Record<string, OutsideReply>>> =>
  Object.fromEntries(await Promise.all(calls.map(async (call) => [call.id, await perform(call)] as const)));

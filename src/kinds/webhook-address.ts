/** Where the webhooks of admission and of conversions are (apiserver pkg/util/webhook, kube-aggregator's resolver). */

import { bad, good, type Result } from '../machinery/result.ts';
import type { Lookup } from './define.ts';
import type { Service } from './generated/types.ts';

/** A webhook's client configuration. */
export interface WebhookClient {
  readonly url?: string | null;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  } | null;
}

const DEFAULT_PORT = 443;

const pathOf = (path = ''): string => (path.startsWith('/') || path === '' ? path : `/${path}`);

const withTimeout = (target: string, seconds: number): string =>
  `${target}${target.includes('?') ? '&' : '?'}timeout=${seconds}s`;

const hostOf = (url: string): string => /^https:\/\/([^/:?]+)/.exec(url)?.[1] ?? '';

/** The address messages name: that of the Service inside the cluster, or the URL. */
export const webhookTarget = ({ url, service }: WebhookClient, timeoutSeconds: number): string => {
  const target = service
    ? `https://${service.name}.${service.namespace}.svc:${service.port ?? DEFAULT_PORT}${pathOf(service.path)}`
    : (url ?? '');
  return withTimeout(target, timeoutSeconds);
};

/**
 * Where the call really goes: a URL itself, or the outside name behind a Service of type ExternalName. The error says
 * why it can go nowhere, in the words of Go's client. Differs: nothing inside the cluster answers, since no process
 * runs there.
 */
export const webhookRoute = (
  { url, service }: WebhookClient,
  timeoutSeconds: number,
  lookup: Lookup,
  reaches: ((url: string) => boolean) | undefined,
): Result<string> => {
  let address = url ?? '';
  if (service) {
    const found: Service | undefined = lookup.get('services', service.namespace, service.name);
    if (found === undefined) return bad(`service "${service.name}" not found`);
    const { type, externalName = '', clusterIP } = found.spec ?? {};
    const port = service.port ?? DEFAULT_PORT;
    if (type !== 'ExternalName') return bad(`dial tcp ${clusterIP}:${port}: connect: connection refused`);
    address = `https://${externalName}:${port}${pathOf(service.path)}`;
  }
  const whole = withTimeout(address, timeoutSeconds);
  return reaches?.(whole) === true ? good(whole) : bad(`dial tcp: lookup ${hostOf(address)}: no such host`);
};

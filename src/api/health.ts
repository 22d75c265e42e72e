/** `/healthz`, `/livez` and `/readyz`: the checks of a 1.36 server, all of which hold whenever a turn runs. */

import type { CoreResponse } from './contract.ts';
import { booleanOf, type Query } from './query.ts';
import { pageNotFound, plainText } from './respond.ts';

const HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-wait-for-first-sync',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`);

const LAST = [
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
];

/** Names of the checks behind each path, in the order they are printed. */
export const HEALTH_CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...HOOKS, ...LAST],
  livez: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...HOOKS, ...LAST],
  readyz: ['ping', 'log', 'informer-sync', ...HOOKS, ...LAST, 'shutdown'],
};

const verbose = (name: string, checks: readonly string[], query: Query): string => {
  const excluded = query.get('exclude') ?? [];
  const lines = checks.map((check) => `[+]${check} ${excluded.includes(check) ? 'excluded: ' : ''}ok\n`);
  const unknown = excluded.filter((check) => !checks.includes(check)).map((check) => JSON.stringify(check));
  const warning =
    unknown.length === 0
      ? ''
      : `warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}\n`;
  return `${lines.join('')}${warning}${name} check passed\n`;
};

/** Answers a health path, e.g. `readyz` or `readyz/ping`; `undefined` when it is none. */
export const serveHealth = (path: string, query: Query): CoreResponse | undefined => {
  const [name = '', ...rest] = path.split('/');
  const checks = HEALTH_CHECKS[name];
  if (checks === undefined) return undefined;
  const check = rest.join('/');
  if (check !== '') return checks.includes(check) ? plainText(200, 'ok') : pageNotFound();
  return plainText(200, booleanOf(query, 'verbose') ? verbose(name, checks, query) : 'ok');
};

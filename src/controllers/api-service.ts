import type { APIService, Service } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';

const RESOURCE = 'apiservices.apiregistration.k8s.io';

/** The group that is served here without anybody behind it. */
const SIMULATED = 'v1beta1.metrics.k8s.io';

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const missing = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });

const hasAddresses = (context: Context, service: Service, port: string): boolean =>
  context.lookup
    .list('endpointslices.discovery.k8s.io', service.metadata.namespace ?? '')
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    .some(
      (slice) =>
        (slice.ports ?? []).some(({ name }) => (name ?? '') === port) &&
        (slice.endpoints ?? []).some(({ conditions }) => conditions?.ready !== false),
    );

const judge = (context: Context, api: APIService): Verdict | undefined => {
  const reference = api.spec.service;
  if (reference === undefined || reference === null) return undefined;
  const { namespace = '', name = '', port = 443 } = reference;
  const label = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = context.lookup.get('services', namespace, name);
  if (service === undefined) return missing('ServiceNotFound', `${label} is not present`);
  const found = (service.spec?.ports ?? []).find((candidate) => candidate.port === port);
  if (found === undefined) return missing('ServicePortError', `${label} is not listening on port ${port}`);
  const portName = found.name ?? '';
  if (!hasAddresses(context, service, portName)) {
    const text = `endpoints for ${label} have no addresses with port name ${JSON.stringify(portName)}`;
    return missing('MissingEndpoints', text);
  }
  if (api.metadata.name === SIMULATED) {
    return { status: 'True', reason: 'Passed', message: 'all checks passed' };
  }
  const address = `${service.spec?.clusterIP}:${port}`;
  const url = `https://${address}/apis/${api.spec.group}/${api.spec.version}`;
  return missing(
    'FailedDiscoveryCheck',
    `failing or missing response from ${url}: Get ${JSON.stringify(url)}: dial tcp ${address}: connect: connection refused`,
  );
};

const reconcile = (context: Context, key: string): Outcome => {
  const { name } = splitKey(key);
  const api = context.lookup.get(RESOURCE, '', name);
  const verdict = api && judge(context, api);
  if (verdict === undefined) return undefined;
  context.client.updateStatus(RESOURCE, '', name, (current) => {
    const conditions = current.status?.conditions ?? [];
    const old = conditions.find(({ type }) => type === 'Available');
    if (old?.status === verdict.status && old.reason === verdict.reason && old.message === verdict.message) {
      return current;
    }
    const lastTransitionTime =
      old?.status === verdict.status ? old.lastTransitionTime : printTime(context.now);
    const fresh = { type: 'Available', ...verdict, lastTransitionTime };
    const others = conditions.filter(({ type }) => type !== 'Available');
    return { ...current, status: { ...current.status, conditions: [...others, fresh] } } as APIService;
  });
  return undefined;
};

/**
 * Tells whether what stands behind an APIService can be reached (kube-aggregator's available controller, 1.36): the
 * metrics API is simulated and answers as soon as its service has endpoints, other servers never do.
 */
export const apiServiceController: Controller = {
  name: 'apiservice-availability-controller',
  watches: [
    watch(RESOURCE, ({ op, object, previous }) =>
      op !== 'delete' && object.spec.service && object.spec !== previous?.spec ? [keyOf(object)] : [],
    ),
    watch('services', ({ object }, lookup) =>
      behind(lookup, object.metadata.namespace, object.metadata.name),
    ),
    watch('endpointslices.discovery.k8s.io', ({ object }, lookup) =>
      behind(lookup, object.metadata.namespace, object.metadata.labels?.['kubernetes.io/service-name']),
    ),
  ],
  reconcile,
};

/** Keys of the APIServices that a service stands behind. */
const behind = (
  lookup: Context['lookup'],
  namespace: string | undefined,
  name: string | undefined,
): readonly string[] =>
  lookup
    .list(RESOURCE)
    .filter(({ spec }) => spec.service?.name === name && spec.service?.namespace === namespace)
    .map(keyOf);

/** The service through which clients inside the cluster reach the API, and what it leads to. */

import type { EndpointSlice, Endpoints, Service } from '../generated/types.ts';

/** Its address: the first of the service range. */
export const KUBERNETES_SERVICE_IP = '10.0.0.1';

const where = { name: 'kubernetes', namespace: 'default' };

/** Builds the three objects; `advertise` is the API's `host:port`, 443 where it names no port. */
export const kubernetesService = (
  advertise: string,
): { readonly service: Service; readonly endpoints: Endpoints; readonly slice: EndpointSlice } => {
  const colon = advertise.lastIndexOf(':');
  const host = colon < 0 ? advertise : advertise.slice(0, colon);
  const port = colon < 0 ? 443 : Number(advertise.slice(colon + 1));
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...where, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
        clusterIP: KUBERNETES_SERVICE_IP,
        clusterIPs: [KUBERNETES_SERVICE_IP],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
      status: { loadBalancer: {} },
    },
    endpoints: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...where, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: host }], ports }],
    },
    slice: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...where, generation: 1, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [host], conditions: { ready: true } }],
      ports,
    },
  };
};

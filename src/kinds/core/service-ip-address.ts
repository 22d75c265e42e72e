/** The IPAddress that stands for a cluster IP while a Service holds it (upstream: ipallocator.go, 1.36). */

import type { IPAddress, Service } from '../generated/types.ts';

/** Value of the label by which the allocator knows its own addresses. */
export const ALLOCATOR = 'ipallocator.k8s.io';

/** Label that names who keeps an address. */
export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';

/** The cluster IPs of a Service that were allocated. */
export const allocatedAddresses = (service: Service): readonly string[] =>
  (service.spec.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None');

/** The IPAddress of one of its addresses. */
export const addressOf = (ip: string, service: Service): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: {
    name: ip,
    labels: {
      'ipaddress.kubernetes.io/ip-family': ip.includes(':') ? 'IPv6' : 'IPv4',
      [MANAGED_BY]: ALLOCATOR,
    },
  },
  spec: {
    parentRef: {
      resource: 'services',
      namespace: service.metadata.namespace ?? '',
      name: service.metadata.name ?? '',
    },
  },
});

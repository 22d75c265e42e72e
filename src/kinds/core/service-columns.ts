/** Services in tables (upstream: printService, 1.36). */

import { ageColumn, column, nameColumn, printLabels, wideColumn } from '../common/columns.ts';
import type { Column } from '../define.ts';
import type { Service, ServicePort } from '../generated/types.ts';

interface IngressPoint {
  readonly ip?: string;
  readonly hostname?: string;
}

/** Addresses of a load balancer, sorted, each once. */
export const printLoadBalancer = (points: readonly IngressPoint[] | undefined): string => {
  const all = (points ?? []).map((point) => point.ip || point.hostname || '').filter((text) => text !== '');
  return [...new Set(all)].sort().join(',');
};

const printExternal = (service: Service): string => {
  const external = service.spec?.externalIPs ?? [];
  switch (service.spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer': {
      const balancer = printLoadBalancer(service.status?.loadBalancer?.ingress);
      return [...(balancer ? [balancer] : []), ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return service.spec.externalName ?? '';
    default:
      return '<unknown>';
  }
};

const printPort = ({ port, nodePort, protocol }: ServicePort): string =>
  nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`;

export const serviceColumns: readonly Column[] = [
  nameColumn,
  column<Service>('Type', 'string', (service) => service.spec?.type ?? ''),
  column<Service>('Cluster-IP', 'string', (service) => service.spec?.clusterIPs?.[0] ?? '<none>'),
  column<Service>('External-IP', 'string', printExternal),
  column<Service>(
    'Port(s)',
    'string',
    (service) => (service.spec?.ports ?? []).map(printPort).join(',') || '<none>',
  ),
  ageColumn,
  wideColumn<Service>('Selector', 'string', (service) => printLabels(service.spec?.selector)),
];

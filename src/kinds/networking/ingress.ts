import type { KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { withStatus } from '../common/strategy.ts';
import { printLoadBalancer } from '../core/service-columns.ts';
import type { Ingress } from '../generated/types.ts';
import { validateIngress, validateIngressStatus, validateIngressUpdate } from './ingress-validation.ts';

const MAX_HOSTS = 3;

/** Up to three hosts. How many more there are is counted over all rules, hostless ones too, as upstream does. */
const printHosts = (ingress: Ingress): string => {
  const rules = ingress.spec?.rules ?? [];
  const shown: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (shown.length === MAX_HOSTS) more = true;
    else if (host) shown.push(host);
  }
  if (shown.length === 0) return '*';
  return more ? `${shown.join(',')} + ${rules.length - MAX_HOSTS} more...` : shown.join(',');
};

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const classWarnings = ({ metadata }: KubeObject, old: KubeObject | undefined): string[] =>
  old || metadata.annotations?.[CLASS_ANNOTATION] === undefined
    ? []
    : [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`];

export const ingress = builtin({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  namespaced: true,
  shortNames: ['ing'],
  generationFields: ['spec'],
  ...withStatus(),
  warnings: classWarnings,
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  validateStatusUpdate: validateIngressStatus,
  columns: [
    nameColumn,
    column<Ingress>('Class', 'string', (object) => object.spec?.ingressClassName ?? '<none>'),
    column<Ingress>('Hosts', 'string', printHosts),
    column<Ingress>('Address', 'string', (object) => printLoadBalancer(object.status?.loadBalancer?.ingress)),
    column<Ingress>('Ports', 'string', (object) => ((object.spec?.tls?.length ?? 0) > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
});

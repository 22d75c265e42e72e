import { builtin } from '../common/builtin.ts';
import type { Verb } from '../define.ts';
import type { Service } from '../generated/types.ts';
import { serviceIndexes } from './service-allocation.ts';
import { serviceColumns } from './service-columns.ts';
import { defaultService } from './service-defaults.ts';
import { addressOf, allocatedAddresses } from './service-ip-address.ts';
import { serviceStrategy } from './service-strategy.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from './service-validation.ts';
import { serviceWarnings } from './service-warnings.ts';

const PROXY_VERBS: readonly Verb[] = ['create', 'delete', 'get', 'patch', 'update'];

export const service = builtin({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  createOnUpdate: true,
  // Upstream relaxed service names in 1.34: a digit may come first.
  nameRule: 'dns-label',
  defaults: defaultService,
  ...serviceStrategy,
  allocates: (object) =>
    allocatedAddresses(object as Service).map((ip) => ({
      group: 'networking.k8s.io',
      resource: 'ipaddresses',
      object: addressOf(ip, object as Service),
    })),
  connects: [
    {
      name: 'proxy',
      kind: 'ServiceProxyOptions',
      group: '',
      version: 'v1',
      verbs: PROXY_VERBS,
      serves: 'stream',
    },
  ],
  fieldLabels: { namespace: true },
  selectableFields: {
    'spec.clusterIP': (object) => (object as Service).spec?.clusterIP ?? '',
    'spec.type': (object) => (object as Service).spec?.type ?? '',
  },
  indexes: serviceIndexes,
  warnings: serviceWarnings,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  columns: serviceColumns,
});

import { resourceName } from '../../machinery/names.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { IPAddress } from '../generated/types.ts';
import { validateIpAddress, validateIpAddressUpdate } from './ipaddress-validation.ts';

const printParent = (object: IPAddress): string => {
  const parent = object.spec?.parentRef;
  if (!parent) return '<none>';
  const resource = resourceName(parent.group ?? '', parent.resource ?? '').toLowerCase();
  const parts = [resource, ...(parent.namespace ? [parent.namespace] : []), parent.name ?? ''];
  return parts.join('/');
};

export const ipAddress = builtin({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  namespaced: false,
  shortNames: ['ip'],
  // The name is the address itself; an IPv6 one has colons.
  nameRule: 'judged-by-kind',
  validate: validateIpAddress,
  validateUpdate: validateIpAddressUpdate,
  columns: [
    nameColumn,
    column<IPAddress>('ParentRef', 'string', printParent),
    { ...ageColumn, cellOnly: true },
  ],
});

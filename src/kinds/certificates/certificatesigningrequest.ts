import { humanDuration } from '../../machinery/duration.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { Verb } from '../define.ts';
import type { CertificateSigningRequest } from '../generated/types.ts';
import {
  validateSigningRequest,
  validateSigningRequestStatus,
  validateSigningRequestUpdate,
} from './certificatesigningrequest-validation.ts';
import { csrStrategy } from './csr-strategy.ts';

const VIEW: readonly Verb[] = ['get', 'patch', 'update'];

const printCondition = ({ status }: CertificateSigningRequest): string => {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type) === true;
  const words = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'];
  if (has('Failed')) words.push('Failed');
  if (status?.certificate) words.push('Issued');
  return words.join(',');
};

const printRequested = ({ spec }: CertificateSigningRequest): string =>
  spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000);

export const certificateSigningRequest = builtin({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  nameRule: 'path-segment',
  ...csrStrategy,
  connects: [
    {
      name: 'approval',
      kind: 'CertificateSigningRequest',
      group: 'certificates.k8s.io',
      version: 'v1',
      verbs: VIEW,
      serves: 'self',
    },
  ],
  fieldLabels: { namespace: false },
  selectableFields: {
    'spec.signerName': (object) => (object as CertificateSigningRequest).spec?.signerName ?? '',
  },
  validate: validateSigningRequest,
  validateUpdate: validateSigningRequestUpdate,
  validateStatusUpdate: validateSigningRequestStatus,
  columns: [
    nameColumn,
    ageColumn,
    column<CertificateSigningRequest>(
      'SignerName',
      'string',
      (object) => object.spec?.signerName || '<none>',
    ),
    column<CertificateSigningRequest>('Requestor', 'string', (object) => object.spec?.username ?? ''),
    column<CertificateSigningRequest>('RequestedDuration', 'string', printRequested),
    column<CertificateSigningRequest>('Condition', 'string', printCondition),
  ],
});

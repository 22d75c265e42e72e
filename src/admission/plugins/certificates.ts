import type { CertificateSigningRequest } from '../../kinds/generated/types.ts';
import { bytesOfBase64 } from '../../machinery/base64.ts';
import { parseSigningRequest } from '../../machinery/x509/signing-request.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

/** Whether the identity holds a verb on a signer, by its full name or its domain (`example.com/*`). */
const maySign = (
  { authorizer }: PluginContext,
  request: AdmissionRequest,
  verb: string,
  signer: string,
): boolean => {
  const attributes = { verb, group: 'certificates.k8s.io', version: '*', resource: 'signers' };
  const domain = `${signer.split('/')[0] ?? ''}/*`;
  return [signer, domain].some(
    (name) => authorizer.authorize(request.identity, { ...attributes, name }).allowed,
  );
};

const signerOf = (request: AdmissionRequest): string =>
  (request.old as CertificateSigningRequest | undefined)?.spec.signerName ?? '';

/** Approving needs `approve` on the signer (plugin/pkg/admission/certificates/approval). */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  operations: ['UPDATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io/approval'],
  validate: (request, context) => {
    const signer = signerOf(request);
    if (maySign(context, request, 'approve', signer)) return;
    throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
};

/** Issuing needs `sign` on the signer (plugin/pkg/admission/certificates/signing). */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  operations: ['UPDATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io/status'],
  validate: (request, context) => {
    const old = request.old as CertificateSigningRequest | undefined;
    const wanted = readDraft<CertificateSigningRequest>(request.object);
    const failed = (one: CertificateSigningRequest | undefined): string =>
      JSON.stringify((one?.status?.conditions ?? []).filter((condition) => condition.type === 'Failed'));
    const untouched =
      (old?.status?.certificate ?? '') === (wanted.status?.certificate ?? '') &&
      failed(old) === failed(wanted);
    if (untouched) return;
    const signer = signerOf(request);
    if (maySign(context, request, 'sign', signer)) return;
    throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
};

/** Organizations of the subject; a request that cannot be read has none, and validation says so. */
const organizationsOf = (request: string): readonly string[] => {
  const read = parseSigningRequest(new TextDecoder().decode(bytesOfBase64(request)));
  return read.ok ? (read.value.subject.organization ?? []) : [];
};

/** Nobody asks for a client certificate of the superusers (plugin/pkg/admission/certificates/subjectrestriction). */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io'],
  validate: (request) => {
    const { spec } = readDraft<CertificateSigningRequest>(request.object);
    if (spec.signerName !== CLIENT_SIGNER) return;
    if (!organizationsOf(spec.request ?? '').includes('system:masters')) return;
    throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};

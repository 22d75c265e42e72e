import type { CertificateSigningRequest } from '../kinds/generated/types.ts';
import { commonNameOf } from '../machinery/x509/name.ts';
import type { SigningRequest } from '../machinery/x509/signing-request.ts';
import { type Client, type Controller, watch } from './contract.ts';
import { checkKubeletClient, SIGNER } from './csr-rules.ts';
import { readRequest } from './csr-signing.ts';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';

/** Which requests are approved without anybody's doing, and what their senders must be allowed for it. */
const RECOGNIZERS = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    isOwn: true,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    isOwn: false,
  },
] as const;

const isKubeletClient = ({ spec }: CertificateSigningRequest, request: SigningRequest): boolean =>
  spec.signerName === SIGNER.kubeletClient && checkKubeletClient(request, spec.usages ?? []) === undefined;

const mayCreate = (client: Client, { spec }: CertificateSigningRequest, subresource: string): boolean => {
  const { username = '', uid, groups = [], extra } = spec;
  const review = client.create('subjectaccessreviews.authorization.k8s.io', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    status: { allowed: false },
    spec: {
      user: username,
      groups,
      ...(uid ? { uid } : {}),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
      },
    },
  });
  return review.status?.allowed === true;
};

/** Approves kubelets' requests for client certificates (pkg/controller/certificates/approver). */
export const csrApproving: Controller = {
  name: 'certificatesigningrequest-approving-controller',
  watches: [watch(RESOURCE, ({ op, object }) => (op === 'delete' ? [] : [object.metadata.name ?? '']))],
  reconcile: ({ lookup, client }, name) => {
    const csr = lookup.get(RESOURCE, '', name);
    if (csr === undefined || csr.status?.certificate) return undefined;
    if (csr.status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied'))
      return undefined;
    const request = readRequest(csr);
    if (request === undefined || !isKubeletClient(csr, request)) return undefined;
    const isOwn = csr.spec.username === commonNameOf(request.subject);
    const found = RECOGNIZERS.find(
      (recognizer) => (isOwn || !recognizer.isOwn) && mayCreate(client, csr, recognizer.subresource),
    );
    if (found === undefined) return undefined;
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: found.message };
    client.updateStatus(
      RESOURCE,
      '',
      name,
      (current) => ({
        ...current,
        status: { ...current.status, conditions: [...(current.status?.conditions ?? []), condition] },
      }),
      'approval',
    );
    return undefined;
  },
};

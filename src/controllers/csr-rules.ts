/**
 * What each of the cluster's signers wants of a request (pkg/apis/certificates/helpers.go and
 * pkg/controller/certificates/signer, 1.36).
 */

import { commonNameOf } from '../machinery/x509/name.ts';
import type { SigningRequest } from '../machinery/x509/signing-request.ts';

/** Signers of the control plane. */
export const SIGNER = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacy: 'kubernetes.io/legacy-unknown',
} as const;

/** Why a request is not for its signer; `undefined` when it is. */
export type SignerRule = (request: SigningRequest, usages: readonly string[]) => string | undefined;

const NODES = 'system:nodes';
const NODE = 'system:node:';

const isSet = (usages: readonly string[], wanted: readonly string[]): boolean => {
  const given = new Set(usages);
  return given.size === wanted.length && wanted.every((usage) => given.has(usage));
};

/** RSA keys may encipher keys as well; upstream names the longer list in any case. */
const checkUsages = (usages: readonly string[], auth: string): string | undefined => {
  const short = [auth, 'digital signature'].sort();
  const long = [auth, 'digital signature', 'key encipherment'].sort();
  return isSet(usages, short) || isSet(usages, long) ? undefined : `usages did not match [${long.join(' ')}]`;
};

const checkOrganization = ({ subject }: SigningRequest): string | undefined =>
  subject.organization?.length === 1 && subject.organization[0] === NODES
    ? undefined
    : `subject organization is not ${NODES}`;

const checkCommonName = ({ subject }: SigningRequest): string | undefined =>
  commonNameOf(subject).startsWith(NODE) ? undefined : `subject common name does not begin with ${NODE}`;

/** A kubelet's client certificate: its node's name, and no names beside it. */
export const checkKubeletClient: SignerRule = (request, usages) => {
  const { dnsNames, emailAddresses, ipAddresses, uris } = request.names;
  return (
    checkOrganization(request) ??
    (dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (ipAddresses.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    checkCommonName(request) ??
    checkUsages(usages, 'client auth')
  );
};

const checkKubeletServing: SignerRule = (request, usages) => {
  const { dnsNames, emailAddresses, ipAddresses, uris } = request.names;
  return (
    checkOrganization(request) ??
    (dnsNames.length + ipAddresses.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
    (emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    checkUsages(usages, 'server auth') ??
    checkCommonName(request)
  );
};

const OPTIONAL = ['digital signature', 'key encipherment'];

const checkClient: SignerRule = (_request, usages) => {
  const wrong = usages.find((usage) => usage !== 'client auth' && !OPTIONAL.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth')
    ? undefined
    : 'missing required usage for client certificate: client auth';
};

/** Rules by signer; other signers are somebody else's. */
export const SIGNER_RULES: Readonly<Record<string, SignerRule>> = {
  [SIGNER.client]: checkClient,
  [SIGNER.kubeletClient]: checkKubeletClient,
  [SIGNER.kubeletServing]: checkKubeletServing,
  [SIGNER.legacy]: () => undefined,
};

import type { CertificateSigningRequest } from '../kinds/generated/types.ts';
import { base64OfBytes, bytesOfBase64 } from '../machinery/base64.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { CertificateTemplate } from '../machinery/x509/certificate.ts';
import {
  parseSigningRequest,
  requestSignatureComplaint,
  type SigningRequest,
} from '../machinery/x509/signing-request.ts';
import { type Context, type Controller, watch } from './contract.ts';
import { SIGNER_RULES } from './csr-rules.ts';
import { EXTENDED_USAGES, KEY_USAGES } from './csr-usages.ts';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';

/** `--cluster-signing-duration`: nothing lasts longer, and this long without a wish. */
const LONGEST_MS = 365 * 24 * 3_600_000;
const SHORTEST_MS = 10 * 60_000;
/** Certificates begin a little earlier, for clocks that are behind; short ones still end in full. */
const BACKDATE_MS = 5 * 60_000;
const SHORT_MS = 8 * 3_600_000;

/** Whether the request bears a condition of this type that holds. */
export const hasCondition = ({ status }: CertificateSigningRequest, type: string): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** The request's PEM, read. `undefined` for what validation let through once and cannot be read now. */
export const readRequest = ({ spec }: CertificateSigningRequest): SigningRequest | undefined => {
  const read = parseSigningRequest(new TextDecoder().decode(bytesOfBase64(spec.request ?? '')));
  return read.ok ? read.value : undefined;
};

const durationOf = ({ spec }: CertificateSigningRequest): number =>
  spec.expirationSeconds === undefined
    ? LONGEST_MS
    : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, spec.expirationSeconds * 1000));

/** From when until when a certificate is good that is issued now; it never outlives its authority. */
export const validityOf = (
  now: Instant,
  durationMs: number,
  authorityEndsAt: Instant,
): { readonly notBefore: Instant; readonly notAfter: Instant } => {
  const second = Math.floor(now / 1000) * 1000;
  const end = second + durationMs - (durationMs < SHORT_MS ? 0 : BACKDATE_MS);
  return { notBefore: second - BACKDATE_MS, notAfter: Math.min(end, authorityEndsAt) };
};

const valuesOf = <Value>(table: Readonly<Record<string, Value>>, usages: readonly string[]): Value[] => [
  ...new Set(usages.flatMap((usage) => (Object.hasOwn(table, usage) ? [table[usage] as Value] : []))),
];

const templateOf = (
  csr: CertificateSigningRequest,
  request: SigningRequest,
  { now, issuer, random }: Context,
): CertificateTemplate => {
  const usages = csr.spec.usages ?? [];
  const extended = Object.values(EXTENDED_USAGES);
  const byte = (index: number) =>
    Math.floor(random('certificate-serial', csr.metadata.uid ?? '', index) * 256);
  return {
    serial: Uint8Array.from({ length: 16 }, (_, index) => byte(index)),
    subject: request.subject,
    publicKey: request.publicKey.raw,
    names: request.names,
    ...validityOf(now, durationOf(csr), issuer.endsAt),
    keyUsage: valuesOf(KEY_USAGES, usages),
    extendedKeyUsage: valuesOf(EXTENDED_USAGES, usages).sort(
      (one, other) => extended.indexOf(one) - extended.indexOf(other),
    ),
    // Whatever the request says: no certificate of a request is an authority.
    isAuthority: false,
  };
};

const fail = ({ client, now }: Context, name: string, message: string): void => {
  client.updateStatus(RESOURCE, '', name, (current) => ({
    ...current,
    status: {
      ...current.status,
      conditions: [
        ...(current.status?.conditions ?? []),
        {
          type: 'Failed',
          status: 'True',
          reason: 'SignerValidationFailure',
          message,
          lastUpdateTime: printTime(now),
        },
      ],
    },
  }));
};

/** Issues the certificates of approved requests, or says why not (pkg/controller/certificates/signer). */
export const csrSigning: Controller = {
  name: 'certificatesigningrequest-signing-controller',
  watches: [watch(RESOURCE, ({ op, object }) => (op === 'delete' ? [] : [object.metadata.name ?? '']))],
  reconcile: (context, name) => {
    const csr = context.lookup.get(RESOURCE, '', name);
    if (csr === undefined || csr.status?.certificate) return undefined;
    if (!hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied') || hasCondition(csr, 'Failed'))
      return undefined;
    const { signerName, usages = [] } = csr.spec;
    const rule = Object.hasOwn(SIGNER_RULES, signerName) ? SIGNER_RULES[signerName] : undefined;
    const request = rule && readRequest(csr);
    if (rule === undefined || request === undefined) return undefined;
    const wrong = rule(request, usages);
    if (wrong !== undefined) {
      fail(context, name, wrong);
      return undefined;
    }
    // A key that its sender did not prove to hold gets no certificate; upstream tries again and again.
    if (requestSignatureComplaint(request) !== undefined) return undefined;
    const certificate = base64OfBytes(
      new TextEncoder().encode(context.issuer.certificate(templateOf(csr, request, context))),
    );
    context.client.updateStatus(RESOURCE, '', name, (current) => ({
      ...current,
      status: { ...current.status, certificate },
    }));
    return undefined;
  },
};

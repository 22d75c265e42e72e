/**
 * Client certificates without mutual TLS: the holder of a certificate signs a short-lived statement with its key and
 * gets a token for it. The statement is a JWT whose header carries the certificate (`x5c`), after RFC 7523.
 */

import { bytesOfBase64, readBase64 } from '../machinery/base64.ts';
import { bad, good, type Result } from '../machinery/result.ts';
import { sha256Hex } from '../machinery/sha256.ts';
import type { Instant } from '../machinery/time.ts';
import { type Certificate, isSignedBy, parseCertificate } from '../machinery/x509/certificate.ts';
import { sameBytes } from '../machinery/x509/der.ts';
import { commonNameOf, printName } from '../machinery/x509/name.ts';
import { verifyJose } from '../machinery/x509/public-key.ts';
import { splitJwt } from './jwt-parts.ts';

const LONGEST_PROOF = 32_768;
/** How long a proof may be good, and how far its maker's clock may be off. */
const LONGEST_SECONDS = 300;
const SKEW_SECONDS = 60;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USE = '2.5.29.37.0';

/** What a proof is judged by. */
export interface ProofDeps {
  readonly clusterId: string;
  /** DER of the authority that signs the cluster's client certificates. */
  readonly authority: Uint8Array;
  /** The cluster's clock, by which certificates live, and the wall clock, by which proofs do. */
  readonly now: Instant;
  readonly wallNow: Instant;
}

/** A proof that holds: whose it is, and what must be remembered so that it is used once. */
export interface Proven {
  readonly username: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** Identifies the proof among those of its certificate. */
  readonly id: string;
  /** Wall instant after which the proof is refused by its own times. */
  readonly proofEndsAt: Instant;
  /** When the certificate ends, by the cluster's clock. */
  readonly certificateEndsAt: Instant;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const checkTimes = (claims: Readonly<Record<string, unknown>>, wallNow: Instant): string | undefined => {
  const { iat, exp } = claims;
  const now = wallNow / 1000;
  if (typeof iat !== 'number' || typeof exp !== 'number' || !(exp > iat)) return 'iat and exp must be times';
  if (exp - iat > LONGEST_SECONDS) return `a proof may be good for ${LONGEST_SECONDS} seconds at most`;
  if (iat > now + SKEW_SECONDS) return 'the proof is from the future: check the clock';
  return exp < now - SKEW_SECONDS ? 'the proof has expired: check the clock' : undefined;
};

const readLeaf = (x5c: unknown): Result<{ certificate: Certificate; bytes: Uint8Array }> => {
  const first = Array.isArray(x5c) ? (x5c[0] as unknown) : undefined;
  const read = isText(first) ? readBase64(first) : bad<string>('');
  if (!read.ok) return bad('x5c must hold the certificate');
  const bytes = bytesOfBase64(read.value);
  const certificate = parseCertificate(bytes);
  return certificate.ok ? good({ certificate: certificate.value, bytes }) : bad(certificate.error);
};

const checkCertificate = (leaf: Certificate, { authority, now }: ProofDeps): string | undefined => {
  const root = parseCertificate(authority);
  if (!root.ok) throw new Error(`the authority's own certificate cannot be read: ${root.error}`);
  const unknown = 'x509: certificate signed by unknown authority';
  if (!sameBytes(leaf.issuer, printName(root.value.subject)) || !isSignedBy(leaf, root.value)) return unknown;
  if (now < leaf.notBefore || now > leaf.notAfter) return 'x509: certificate has expired or is not yet valid';
  const uses = leaf.extendedKeyUsage;
  if (uses !== undefined && !uses.includes(CLIENT_AUTH) && !uses.includes(ANY_USE))
    return 'x509: certificate specifies an incompatible key usage';
  return commonNameOf(leaf.subject) === ''
    ? 'the certificate names nobody: its common name is empty'
    : undefined;
};

/**
 * Judges a proof; the error is for people. Cheap checks come first: whoever asks need not be known. That the proof was
 * not used before is for the caller to see.
 */
export const checkProof = (deps: ProofDeps, proof: string): Result<Proven> => {
  const parts = proof.length > LONGEST_PROOF ? undefined : splitJwt(proof);
  if (parts === undefined) return bad('the proof is not a JWT');
  const { header, claims, signed, signature } = parts;
  const { aud, jti } = claims;
  if (aud !== deps.clusterId) return bad('the proof is for another cluster');
  if (!isText(jti) || jti.length < 16 || jti.length > 128) return bad('jti must be 16 to 128 characters');
  const late = checkTimes(claims, deps.wallNow);
  if (late !== undefined) return bad(late);
  const leaf = readLeaf(header['x5c']);
  if (!leaf.ok) return bad(leaf.error);
  const { certificate, bytes } = leaf.value;
  const wrong = checkCertificate(certificate, deps);
  if (wrong !== undefined) return bad(wrong);
  if (!verifyJose(certificate.publicKey, String(header['alg']), signed, signature))
    return bad("the proof is not signed with the certificate's key");
  const fingerprint = sha256Hex(bytes);
  return good({
    username: commonNameOf(certificate.subject),
    groups: certificate.subject.organization ?? [],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    id: `${fingerprint}/${jti}`,
    proofEndsAt: (Number(claims['exp']) + SKEW_SECONDS) * 1000,
    certificateEndsAt: certificate.notAfter,
  });
};

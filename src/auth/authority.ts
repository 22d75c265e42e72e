/**
 * The cluster's own keys: the authority behind client certificates and the keys that sign service-account tokens.
 * All of them follow from one secret, so that nothing else has to be kept but how often the token key was changed.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64OfBytes, bytesOfBase64 } from '../machinery/base64.ts';
import { base64UrlOfBytes } from '../machinery/base64url.ts';
import type { Instant } from '../machinery/time.ts';
import {
  type CertificateTemplate,
  type KeyPair,
  makeCertificate,
  makeKeyPair,
  printPublicKey,
  signCompact,
} from '../machinery/x509/certificate.ts';
import { printPem } from '../machinery/x509/pem.ts';

/** A token key that was in use, by its number. */
export interface TokenKeyRecord {
  readonly number: number;
  /** Seconds since the epoch at which the last token it signed ends; `null`: a token without an end. */
  readonly lastsUntil: number | null;
}

/** What is stored of an authority. Whoever can read it can be anybody in the cluster. */
export interface AuthorityRecord {
  /** 256 random bits, base64. */
  readonly secret: string;
  /** When the authority came to be: its certificate starts then. */
  readonly createdAt: Instant;
  /** Newest first; the first one signs. */
  readonly tokenKeys: readonly TokenKeyRecord[];
}

/** A public key as JWKS print it (RFC 7517). */
export interface PublicJwk {
  readonly use: 'sig';
  readonly kty: 'EC';
  readonly kid: string;
  readonly crv: 'P-256';
  readonly alg: 'ES256';
  readonly x: string;
  readonly y: string;
}

/** A new authority from 32 random bytes. */
export const makeAuthorityRecord = (secret: Uint8Array, now: Instant): AuthorityRecord => ({
  secret: base64OfBytes(secret),
  createdAt: now,
  tokenKeys: [{ number: 1, lastsUntil: 0 }],
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const derive = (record: AuthorityRecord, purpose: string): Uint8Array => {
  const secret = bytesOfBase64(record.secret);
  // Two blocks: 512 bits make what is lost by taking them modulo the curve's order immeasurable.
  const blocks = [1, 2].map((block) => hmac(sha256, secret, text(`${purpose}/${block}`)));
  return Uint8Array.from(blocks.flatMap((block) => [...block]));
};

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;
const AUTHORITY_NAME = { commonName: ['kubernetes'] } as const;
/** digitalSignature, keyEncipherment, keyCertSign: what kubeadm's authority has. */
const AUTHORITY_USAGE = [0, 2, 5] as const;

interface TokenKey {
  readonly keys: KeyPair;
  readonly jwk: PublicJwk;
}

const makeTokenKey = (clusterId: string, record: AuthorityRecord, number: number): TokenKey => {
  const keys = makeKeyPair(derive(record, `token/${number}`));
  const x = base64UrlOfBytes(keys.point.subarray(1, 33));
  const y = base64UrlOfBytes(keys.point.subarray(33));
  // RFC 7638: the thumbprint's members in order of their names.
  const thumbprint = base64UrlOfBytes(sha256(text(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))));
  // The cluster's id comes first: a token tells the front where to look for its key.
  const kid = `${clusterId}.${thumbprint}`;
  return { keys, jwk: { use: 'sig', kty: 'EC', kid, crv: 'P-256', alg: 'ES256', x, y } };
};

/** Signs for one cluster. Keys are derived when they are first needed and kept while the object lives. */
export class Authority {
  readonly #clusterId: string;
  readonly #record: AuthorityRecord;
  readonly #tokenKeys = new Map<number, TokenKey>();
  #client: { readonly keys: KeyPair; readonly der: Uint8Array } | undefined;

  constructor(clusterId: string, record: AuthorityRecord) {
    this.#clusterId = clusterId;
    this.#record = record;
  }

  get record(): AuthorityRecord {
    return this.#record;
  }

  /** The same keys with another record of which token keys there are. */
  with(tokenKeys: readonly TokenKeyRecord[]): Authority {
    const next = new Authority(this.#clusterId, { ...this.#record, tokenKeys });
    next.#client = this.#client;
    for (const [number, key] of this.#tokenKeys) next.#tokenKeys.set(number, key);
    return next;
  }

  /** DER of the certificate that signs client certificates: ten years from the cluster's creation. */
  get certificate(): Uint8Array {
    return this.#open().der;
  }

  /** The same as PEM. */
  get certificatePem(): string {
    return printPem('CERTIFICATE', this.certificate);
  }

  /** The instant at which the authority ends; no certificate outlives it. */
  get notAfter(): Instant {
    return this.#record.createdAt + TEN_YEARS_MS;
  }

  /** Issues a certificate; PEM. */
  issue(template: CertificateTemplate): string {
    const signer = { name: AUTHORITY_NAME, keys: this.#open().keys };
    return printPem('CERTIFICATE', makeCertificate(template, signer));
  }

  /** A JWT over the claims, by the newest token key. */
  sign(claims: Readonly<Record<string, unknown>>): string {
    const { keys, jwk } = this.#tokenKey(this.#record.tokenKeys[0]?.number ?? 1);
    const header = base64UrlOfBytes(text(JSON.stringify({ alg: jwk.alg, kid: jwk.kid })));
    const signed = `${header}.${base64UrlOfBytes(text(JSON.stringify(claims)))}`;
    return `${signed}.${base64UrlOfBytes(signCompact(keys, text(signed)))}`;
  }

  /** Public token keys that may still have live tokens at an instant, newest first. */
  publicKeys(now: Instant): readonly PublicJwk[] {
    return this.#record.tokenKeys
      .filter(({ lastsUntil }, at) => at === 0 || lastsUntil === null || lastsUntil * 1000 > now)
      .map(({ number }) => this.#tokenKey(number).jwk);
  }

  #tokenKey(number: number): TokenKey {
    const known = this.#tokenKeys.get(number);
    if (known !== undefined) return known;
    const made = makeTokenKey(this.#clusterId, this.#record, number);
    this.#tokenKeys.set(number, made);
    return made;
  }

  #open(): { readonly keys: KeyPair; readonly der: Uint8Array } {
    if (this.#client !== undefined) return this.#client;
    const keys = makeKeyPair(derive(this.#record, 'client-ca'));
    const template: CertificateTemplate = {
      serial: derive(this.#record, 'client-ca/serial').subarray(0, 8),
      subject: AUTHORITY_NAME,
      publicKey: printPublicKey(keys.point),
      notBefore: this.#record.createdAt,
      notAfter: this.notAfter,
      keyUsage: AUTHORITY_USAGE,
      extendedKeyUsage: [],
      isAuthority: true,
      names: { dnsNames: ['kubernetes'], emailAddresses: [], ipAddresses: [], uris: [] },
    };
    this.#client = { keys, der: makeCertificate(template, { name: AUTHORITY_NAME, keys }) };
    return this.#client;
  }
}

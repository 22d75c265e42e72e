import { expect, test } from 'vitest';
import { base64OfBytes } from '../machinery/base64.ts';
import { base64UrlOfBytes } from '../machinery/base64url.ts';
import {
  type CertificateTemplate,
  makeCertificate,
  makeKeyPair,
  printPublicKey,
  signCompact,
} from '../machinery/x509/certificate.ts';
import { Authority, makeAuthorityRecord } from './authority.ts';
import { checkProof } from './certificate-proof.ts';

const NOW = Date.UTC(2026, 0, 1);
const seconds = NOW / 1000;
const authority = new Authority('c1', makeAuthorityRecord(new Uint8Array(32).fill(1), NOW - 1000));
const keys = makeKeyPair(new Uint8Array(64).fill(2));
const deps = { clusterId: 'c1', authority: authority.certificate, now: NOW, wallNow: NOW };

const template: CertificateTemplate = {
  serial: Uint8Array.of(1),
  subject: { commonName: ['anna'], organization: ['ops', 'team'] },
  publicKey: printPublicKey(keys.point),
  notBefore: NOW,
  notAfter: NOW + 3_600_000,
  keyUsage: [0],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
  isAuthority: false,
};

const derOf = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');
const issue = (change: Partial<CertificateTemplate> = {}): string =>
  derOf(authority.issue({ ...template, ...change }));

interface Change {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly certificate?: string;
  readonly signer?: typeof keys;
}

const prove = ({ header = {}, claims = {}, certificate = issue(), signer = keys }: Change = {}): string => {
  const encode = (value: unknown) => base64UrlOfBytes(new TextEncoder().encode(JSON.stringify(value)));
  const own = { aud: 'c1', iat: seconds, exp: seconds + 120, jti: 'a'.repeat(22), ...claims };
  const signed = `${encode({ alg: 'ES256', x5c: [certificate], ...header })}.${encode(own)}`;
  return `${signed}.${base64UrlOfBytes(signCompact(signer, new TextEncoder().encode(signed)))}`;
};

test('a proof gives the name in its certificate, the groups, and what identifies it', () => {
  const proven = checkProof(deps, prove());
  expect(proven).toMatchObject({
    ok: true,
    value: {
      username: 'anna',
      groups: ['ops', 'team'],
      proofEndsAt: NOW + 180_000,
      certificateEndsAt: NOW + 3_600_000,
    },
  });
  if (!proven.ok) return;
  const [id] = proven.value.extra['authentication.kubernetes.io/credential-id'] ?? [];
  expect(id).toMatch(/^X509SHA256=[0-9a-f]{64}$/);
  expect(proven.value.id).toBe(`${id?.slice('X509SHA256='.length)}/${'a'.repeat(22)}`);
});

const stranger = new Authority('c1', makeAuthorityRecord(new Uint8Array(32).fill(9), NOW - 1000));
const other = makeKeyPair(new Uint8Array(64).fill(3));
const selfSigned = base64OfBytes(
  makeCertificate(template, { name: { commonName: ['kubernetes'] }, keys: other }),
);
const UNKNOWN = 'x509: certificate signed by unknown authority';
const EXPIRED = 'x509: certificate has expired or is not yet valid';
const NOT_HIS = "the proof is not signed with the certificate's key";

test.each<readonly [string, string, string]>([
  ['nothing', '', 'the proof is not a JWT'],
  ['words', 'a.b.c', 'the proof is not a JWT'],
  ['four parts', `${prove()}.x`, 'the proof is not a JWT'],
  ['a huge text', 'a'.repeat(40_000), 'the proof is not a JWT'],
  ['a proof for another cluster', prove({ claims: { aud: 'c2' } }), 'the proof is for another cluster'],
  ['a proof for several', prove({ claims: { aud: ['c1'] } }), 'the proof is for another cluster'],
  ['a proof without a number', prove({ claims: { jti: '' } }), 'jti must be 16 to 128 characters'],
  ['a proof without times', prove({ claims: { iat: undefined } }), 'iat and exp must be times'],
  ['times that are texts', prove({ claims: { exp: '9999999999' } }), 'iat and exp must be times'],
  [
    'a proof for ever',
    prove({ claims: { exp: seconds + 301 } }),
    'a proof may be good for 300 seconds at most',
  ],
  [
    'a proof from the future',
    prove({ claims: { iat: seconds + 61, exp: seconds + 100 } }),
    'the proof is from the future: check the clock',
  ],
  [
    'an old proof',
    prove({ claims: { iat: seconds - 200, exp: seconds - 61 } }),
    'the proof has expired: check the clock',
  ],
  ['no certificate', prove({ header: { x5c: [] } }), 'x5c must hold the certificate'],
  ['a certificate that is none', prove({ certificate: 'MAA=' }), 'asn1: syntax error: sequence truncated'],
  ["another cluster's certificate", prove({ certificate: derOf(stranger.issue(template)) }), UNKNOWN],
  ['a certificate of one’s own', prove({ certificate: selfSigned }), UNKNOWN],
  ['an ended certificate', prove({ certificate: issue({ notAfter: NOW - 1000 }) }), EXPIRED],
  ['a certificate of tomorrow', prove({ certificate: issue({ notBefore: NOW + 1000 }) }), EXPIRED],
  [
    "a server's certificate",
    prove({ certificate: issue({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }) }),
    'x509: certificate specifies an incompatible key usage',
  ],
  [
    'a certificate for nobody',
    prove({ certificate: issue({ subject: { organization: ['ops'] } }) }),
    'the certificate names nobody: its common name is empty',
  ],
  ['somebody else’s key', prove({ signer: other }), NOT_HIS],
  ['no algorithm', prove({ header: { alg: 'none' } }), NOT_HIS],
  ['a shared secret', prove({ header: { alg: 'HS256' } }), NOT_HIS],
])('%s proves nothing', (_title, proof, error) => {
  expect(checkProof(deps, proof)).toEqual({ ok: false, error });
});

test('the authority itself is no client', () => {
  const certificate = derOf(authority.certificatePem);
  expect(checkProof(deps, prove({ certificate }))).toEqual({ ok: false, error: NOT_HIS });
});

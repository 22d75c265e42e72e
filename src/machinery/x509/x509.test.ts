import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import signingRequests from '../../../test/golden/signing-requests.json' with { type: 'json' };
import {
  type CertificateTemplate,
  isSignedBy,
  makeCertificate,
  makeKeyPair,
  parseCertificate,
  printPublicKey,
  type Signer,
  signCompact,
} from './certificate.ts';
import { DerReader, der, objectIdentifier, positiveInteger, readObjectIdentifier } from './der.ts';
import { printName } from './name.ts';
import { printPem, readPemBlock } from './pem.ts';
import { readPublicKey, verifyJose } from './public-key.ts';
import { parseSigningRequest, requestSignatureComplaint } from './signing-request.ts';

const NOW = Date.UTC(2026, 0, 1);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  test.each([
    ['an indefinite length', '3080', 'indefinite'],
    ['a length in more bytes than needed', '308100', 'superfluous'],
    ['a long form of a short length', '30810500', 'non-minimal'],
    ['a length of five bytes', '30850000000001', 'length too large'],
    ['a length beyond the end', '3005ff', 'data truncated'],
    ['half a length', '3082ff', 'truncated tag or length'],
    ['a high tag number', '1f8101', 'tag numbers above 30'],
  ])('refuses %s', (_title, bytes, message) => {
    expect(() => new DerReader(Buffer.from(bytes, 'hex')).next()).toThrow(message);
  });

  test('prints lengths in their shortest form', () => {
    for (const size of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      const printed = der(4, new Uint8Array(size));
      const read = new DerReader(printed).next();
      expect([read.body.length, read.whole.length]).toEqual([size, printed.length]);
    }
  });

  test('keeps numbers positive and short', () => {
    expect(hex(positiveInteger(Uint8Array.of(0, 0, 0x7f)))).toBe('02017f');
    expect(hex(positiveInteger(Uint8Array.of(0x80)))).toBe('02020080');
    expect(hex(positiveInteger(Uint8Array.of(0)))).toBe('020100');
  });

  test.each(['2.5.4.3', '1.2.840.113549.1.1.11', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'])(
    'object identifier %s',
    (id) => {
      expect(readObjectIdentifier(new DerReader(objectIdentifier(id)).next().body)).toBe(id);
    },
  );
});

describe('a signing request', () => {
  const read = (name: keyof typeof signingRequests) => parseSigningRequest(signingRequests[name]);

  test.each([
    ['rsa', 'RSA', undefined],
    ['rsapss', 'RSA', undefined],
    ['rsasha1', 'RSA', undefined],
    ['p256', 'ECDSA', undefined],
    ['p256sha512', 'ECDSA', undefined],
    ['p384', 'ECDSA', undefined],
    ['p521', 'ECDSA', undefined],
    ['ed', 'Ed25519', undefined],
    ['rsamd5', 'RSA', 'x509: cannot verify signature: insecure algorithm MD5-RSA'],
  ] as const)('of OpenSSL with a %s key', (name, algorithm, complaint) => {
    const request = read(name);
    if (!request.ok) throw new Error(request.error);
    expect(request.value.publicKey.algorithm).toBe(algorithm);
    expect(requestSignatureComplaint(request.value)).toBe(complaint);
    const { signed } = request.value;
    const changed = Uint8Array.from(signed, (byte, at) => (at === signed.length - 1 ? byte ^ 1 : byte));
    expect(requestSignatureComplaint({ ...request.value, signed: changed })).toBeDefined();
  });

  test('tells its subject and the names beside it', () => {
    const request = read('rsa');
    if (!request.ok) throw new Error(request.error);
    expect(request.value.subject).toEqual({
      country: ['DE'],
      organization: ['team', 'ops'],
      commonName: ['anna'],
    });
    expect(request.value.names).toEqual({
      dnsNames: ['a.example'],
      ipAddresses: [Uint8Array.of(10, 0, 0, 1)],
      emailAddresses: ['a@b.c'],
      uris: ['spiffe://x/y'],
    });
  });

  test('of garbage is refused with a reason, whatever it is', () => {
    const good = Buffer.from(readPemBlock(signingRequests.p256)?.[0].bytes ?? []);
    const damaged = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[at] = byte;
        return new Uint8Array(bytes);
      });
    const cut = fc.nat(good.length).map((size) => new Uint8Array(good.subarray(0, size)));
    const any = fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(any, (bytes) => {
        const request = parseSigningRequest(printPem('CERTIFICATE REQUEST', bytes));
        if (request.ok) requestSignatureComplaint(request.value);
        else expect(request.error).not.toBe('');
        parseCertificate(bytes);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

const authorityKeys = makeKeyPair(new Uint8Array(64).fill(1));
const signer: Signer = { name: { commonName: ['kubernetes'] }, keys: authorityKeys };
const authorityTemplate: CertificateTemplate = {
  serial: Uint8Array.of(0, 0x81),
  subject: signer.name,
  publicKey: printPublicKey(authorityKeys.point),
  notBefore: NOW,
  notAfter: Date.UTC(2060, 0, 1),
  keyUsage: [0, 2, 5],
  extendedKeyUsage: [],
  isAuthority: true,
};
const authority = makeCertificate(authorityTemplate, signer);
const leafKeys = makeKeyPair(new Uint8Array(64).fill(2));
const leaf = makeCertificate(
  {
    serial: Uint8Array.of(7),
    subject: { commonName: ['jané'], organization: ['b', 'a'] },
    publicKey: printPublicKey(leafKeys.point),
    notBefore: NOW,
    notAfter: NOW + 3_600_000,
    keyUsage: [0, 8],
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    isAuthority: false,
    names: {
      dnsNames: ['x.example'],
      emailAddresses: ['j@x.example'],
      ipAddresses: [Uint8Array.of(192, 0, 2, 1), new Uint8Array(16).fill(1)],
      uris: ['spiffe://x'],
    },
  },
  signer,
);

describe('a certificate', () => {
  test('is one to OpenSSL', () => {
    const [root, mine] = [new X509Certificate(authority), new X509Certificate(leaf)];
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.validToDate.toISOString()).toBe('2060-01-01T00:00:00.000Z');
    expect(mine.ca).toBe(false);
    expect(mine.checkIssued(root)).toBe(true);
    expect(mine.verify(root.publicKey)).toBe(true);
    expect(mine.subject).toContain('CN=jané');
    expect(mine.subjectAltName).toBe(
      'DNS:x.example, email:j@x.example, IP Address:192.0.2.1, IP Address:101:101:101:101:101:101:101:101, URI:spiffe://x',
    );
    expect(mine.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(mine.serialNumber).toBe('07');
  });

  test('says when read what it was made of', () => {
    const [root, mine] = [parseCertificate(authority), parseCertificate(leaf)];
    if (!root.ok || !mine.ok) throw new Error('not read');
    expect(mine.value).toMatchObject({
      subject: { commonName: ['jané'] },
      notBefore: NOW,
      notAfter: NOW + 3_600_000,
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    });
    expect(root.value.extendedKeyUsage).toBeUndefined();
    expect(root.value.notAfter).toBe(Date.UTC(2060, 0, 1));
    expect(isSignedBy(mine.value, root.value)).toBe(true);
    expect(isSignedBy(root.value, mine.value)).toBe(false);
  });

  test('is the same each time it is made', () => {
    expect(hex(makeCertificate(authorityTemplate, signer))).toBe(hex(authority));
  });

  test('keeps the order of sets, so that equal names are equal bytes', () => {
    expect(hex(printName({ organization: ['b', 'a'] }))).toBe(hex(printName({ organization: ['a', 'b'] })));
    expect(hex(printName({}))).toBe('3000');
  });
});

describe('signatures in tokens', () => {
  const data = new TextEncoder().encode('header.claims');
  const rows: readonly (readonly [
    string,
    () => { privateKey: KeyObject; publicKey: KeyObject },
    string | null,
  ])[] = [
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['RS512', () => generateKeyPairSync('rsa', { modulusLength: 2051 }), 'sha512'],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2049 }), 'sha256'],
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384'],
    ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512'],
    ['EdDSA', () => generateKeyPairSync('ed25519'), null],
  ];
  test.each(rows)('of %s are believed from their key and for their bytes only', (name, generate, hash) => {
    const { privateKey, publicKey } = generate();
    const padding = name.startsWith('PS')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {};
    const signature = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363', ...padding });
    const read = (key: KeyObject) =>
      readPublicKey(new DerReader(new Uint8Array(key.export({ format: 'der', type: 'spki' }))));
    const key = read(publicKey);
    expect(verifyJose(key, name, data, signature)).toBe(true);
    expect(verifyJose(read(generate().publicKey), name, data, signature)).toBe(false);
    expect(verifyJose(key, name, new TextEncoder().encode('header.other'), signature)).toBe(false);
    expect(verifyJose(key, name, data, signature.subarray(1))).toBe(false);
    expect(verifyJose(key, name, data, new Uint8Array())).toBe(false);
    for (const other of ['none', 'HS256', 'toString', 'RS256', 'PS256', 'ES256', 'EdDSA'].filter(
      (one) => one !== name,
    ))
      expect(verifyJose(key, other, data, signature), other).toBe(false);
  });

  test('of our own keys are those of everybody', () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: Buffer.from(leafKeys.point.subarray(1, 33)).toString('base64url'),
      y: Buffer.from(leafKeys.point.subarray(33)).toString('base64url'),
    };
    const raw = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    expect(hex(printPublicKey(leafKeys.point))).toBe(raw.toString('hex'));
    const key = readPublicKey(new DerReader(new Uint8Array(raw)));
    expect(verifyJose(key, 'ES256', data, signCompact(leafKeys, data))).toBe(true);
  });
});

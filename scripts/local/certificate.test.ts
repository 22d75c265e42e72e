import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { makeAuthority, makeServerCertificate, positiveInteger } from './certificate.ts';

it('a server certificate is signed by its authority and good for its names', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const authority = makeAuthority('Test CA', now);
  const server = makeServerCertificate(
    { name: 'Test CA', key: createPrivateKey(authority.key) },
    { dns: ['localhost'], ipv4: ['127.0.0.1'] },
    397,
    now,
  );
  const ca = new X509Certificate(authority.certificate);
  const certificate = new X509Certificate(server.certificate);
  expect(ca.ca).toBe(true);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.checkIssued(ca)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('elsewhere')).toBeUndefined();
  expect([certificate.validFromDate.toISOString(), certificate.validToDate.toISOString()]).toEqual([
    '2025-12-31T00:00:00.000Z',
    '2027-02-02T00:00:00.000Z',
  ]);
});

it.each([
  ['leading zeros go, or TLS libraries refuse the serial number', [0, 0, 5], '020105'],
  ['a high first bit is kept from meaning a negative number', [0x80, 1], '0203008001'],
  ['zero before a high bit stays one zero', [0, 0, 0xff], '020200ff'],
  ['zero is one byte', [0, 0], '020100'],
  ['an ordinary number is as it is', [0x7f, 0], '02027f00'],
])('integers in DER: %s', (_name, bytes, expected) => {
  expect(positiveInteger(Uint8Array.from(bytes)).toString('hex')).toBe(expected);
});

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { makeAuthority, makeServerCertificate } from './certificate.ts';

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

import { expect, test } from 'vitest';
import signingRequests from '../../../test/golden/signing-requests.json' with { type: 'json' };
import { validationTable } from '../../../test/support/validation-table.ts';
import { certificateComplaint, requestComplaint } from './pem-blocks.ts';

const pem = (type: string, data: string, headers = ''): string =>
  `-----BEGIN ${type}-----\n${headers}${data}\n-----END ${type}-----\n`;

/** An empty DER sequence. */
const EMPTY = 'MAA=';

/** A request whose signature was changed. */
const forged = (text: string): string =>
  text.replace(/.(?=={0,2}\n-----END)/, (last) => (last === 'A' ? 'B' : 'A'));

test.each([
  ['a request', signingRequests.p256, undefined],
  ['text before it', `hello\n${signingRequests.rsa}`, undefined],
  ['no block', 'abc', 'PEM block type must be CERTIFICATE REQUEST'],
  ['another type', pem('CERTIFICATE', EMPTY), 'PEM block type must be CERTIFICATE REQUEST'],
  ['an empty element', pem('CERTIFICATE REQUEST', EMPTY), 'asn1: syntax error: sequence truncated'],
  [
    'bytes that are no element',
    pem('CERTIFICATE REQUEST', 'YWJj'),
    "asn1: structure error: tags don't match (16 vs {class:1 tag:1 length:98 isCompound:true}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} certificateRequest @2",
  ],
  ['somebody without the key (RSA)', forged(signingRequests.rsa), 'crypto/rsa: verification error'],
  ['somebody without the key (Ed25519)', forged(signingRequests.ed), 'x509: Ed25519 verification failure'],
  ['a weak hash', signingRequests.rsamd5, 'x509: cannot verify signature: insecure algorithm MD5-RSA'],
  [
    'a weak key',
    signingRequests.rsa512,
    'crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)',
  ],
])('a request from %s', (_title, text, complaint) => {
  expect(requestComplaint(text)).toBe(complaint);
});

test.each([
  ['nothing', '', undefined],
  ['two certificates', pem('CERTIFICATE', EMPTY) + pem('CERTIFICATE', EMPTY), undefined],
  ['no block', 'abc', 'must contain at least one CERTIFICATE PEM block'],
  ['another type', pem('X', EMPTY), 'only CERTIFICATE PEM blocks are allowed, found "X"'],
  ['headers', pem('CERTIFICATE', EMPTY, 'A: b\n\n'), 'no PEM block headers are permitted'],
])('certificates from %s', (_title, text, complaint) => {
  expect(certificateComplaint(text)).toBe(complaint);
});

const APPROVED = { type: 'Approved', status: 'True', reason: 'r', message: 'm' };
const CERTIFICATE = btoa(pem('CERTIFICATE', EMPTY));

validationTable([
  { title: 'a request as recorded is accepted', base: 'csr', changes: {}, errors: [] },
  {
    title: 'usages are known and told once',
    base: 'csr',
    changes: { 'spec/usages': ['client auth', 'client auth'], 'spec/expirationSeconds': 599 },
    errors: [
      'spec.usages[1]: Duplicate value: "client auth"',
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  },
  {
    title: 'the signer of old is not asked any more',
    base: 'csr',
    changes: { 'spec/signerName': 'kubernetes.io/legacy-unknown' },
    errors: [
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  },
  {
    title: 'approval approves',
    base: 'csr',
    write: 'approval',
    changes: { 'status/conditions': [APPROVED] },
    errors: [],
  },
  {
    title: 'a decision stands and is clear',
    base: 'csr',
    write: 'approval',
    changes: { 'status/conditions': [APPROVED, { ...APPROVED, type: 'Denied', status: 'False' }] },
    errors: [
      'status.conditions[1].status: Unsupported value: "False": supported values: "True"',
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ],
  },
  {
    title: 'a status write does not approve',
    base: 'csr',
    write: 'status',
    changes: { 'status/conditions': [APPROVED] },
    errors: ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  },
  {
    title: 'a status write issues',
    base: 'csr',
    write: 'status',
    changes: { 'status/certificate': CERTIFICATE },
    errors: [],
  },
  {
    title: 'approval does not issue',
    base: 'csr',
    write: 'approval',
    changes: { 'status/certificate': CERTIFICATE },
    errors: ['status.certificate: Forbidden: updates may not set certificate content'],
  },
]);

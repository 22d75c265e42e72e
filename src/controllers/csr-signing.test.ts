import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import signingRequests from '../../test/golden/signing-requests.json' with { type: 'json' };
import { Harness } from '../../test/support/harness.ts';
import type { Identity } from '../auth/identity.ts';
import type { CertificateSigningRequest } from '../kinds/generated/types.ts';
import { validityOf } from './csr-signing.ts';

const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';

interface Ask {
  readonly from: keyof typeof signingRequests;
  readonly signer: string;
  readonly usages: readonly string[];
  readonly seconds?: number;
  readonly as?: Identity;
}

const makeHarness = () => new Harness({ settings: { nodes: [], controlPlaneNode: false } });

const ask = (harness: Harness, { from, signer, usages, seconds, as }: Ask): CertificateSigningRequest => {
  const body = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'it' },
    spec: {
      request: btoa(signingRequests[from]),
      signerName: signer,
      usages,
      ...(seconds === undefined ? {} : { expirationSeconds: seconds }),
    },
  };
  harness.expect(201, 'POST', PATH, as === undefined ? { body } : { body, as });
  harness.settle(1000);
  return harness.get(`${PATH}/it`);
};

const approve = (harness: Harness): CertificateSigningRequest => {
  const current = harness.get<CertificateSigningRequest>(`${PATH}/it`);
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }];
  harness.expect(200, 'PUT', `${PATH}/it/approval`, { body: { ...current, status: { conditions } } });
  harness.settle(1000);
  return harness.get(`${PATH}/it`);
};

const certificateOf = ({ status }: CertificateSigningRequest): X509Certificate =>
  new X509Certificate(atob(status?.certificate ?? ''));

const authorityOf = (harness: Harness): X509Certificate => {
  const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
  return new X509Certificate(
    harness.get<{ data: Record<string, string> }>(path).data['client-ca-file'] ?? '',
  );
};

describe('an approved request', () => {
  test.each([
    ['rsa', ['client auth'], ['1.3.6.1.5.5.7.3.2']],
    ['ed', ['digital signature', 'client auth'], ['1.3.6.1.5.5.7.3.2']],
    ['p521', ['key encipherment', 'client auth'], ['1.3.6.1.5.5.7.3.2']],
    ['wantsca', ['client auth'], ['1.3.6.1.5.5.7.3.2']],
  ] as const)('with a %s key becomes a certificate of the cluster', (from, usages, uses) => {
    const harness = makeHarness();
    const pending = ask(harness, { from, signer: CLIENT, usages, seconds: 86_400 });
    expect(pending.status).toEqual({});
    const certificate = certificateOf(approve(harness));
    const authority = authorityOf(harness);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(uses);
    expect(certificate.validTo).toBe('Jan  1 23:55:00 2026 GMT');
    expect(certificate.validFrom).toBe('Dec 31 23:55:00 2025 GMT');
    expect(certificate.subject).toContain('CN=anna');
  });

  test('keeps its names, and is signed once', () => {
    const harness = makeHarness();
    ask(harness, { from: 'rsa', signer: CLIENT, usages: ['client auth'] });
    const issued = approve(harness);
    expect(certificateOf(issued).subjectAltName).toBe(
      'DNS:a.example, email:a@b.c, IP Address:10.0.0.1, URI:spiffe://x/y',
    );
    harness.expect(200, 'PATCH', `${PATH}/it`, {
      body: { metadata: { labels: { a: 'b' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    harness.settle(1000);
    expect(harness.get<CertificateSigningRequest>(`${PATH}/it`).status).toEqual(issued.status);
  });

  const refusals: readonly (readonly [string, Ask, string])[] = [
    [
      'for a server from the signer of clients',
      { from: 'p256', signer: CLIENT, usages: ['server auth'] },
      'invalid usage for client certificate: server auth',
    ],
    [
      'for no client',
      { from: 'p256', signer: CLIENT, usages: ['digital signature'] },
      'missing required usage for client certificate: client auth',
    ],
    [
      'for a kubelet by somebody else',
      { from: 'p256', signer: KUBELET_CLIENT, usages: ['client auth', 'digital signature'] },
      'subject organization is not system:nodes',
    ],
    [
      'for a kubelet with names beside its own',
      { from: 'nodeserving', signer: KUBELET_CLIENT, usages: ['client auth', 'digital signature'] },
      'DNS subjectAltNames are not allowed',
    ],
    [
      'for a kubelet with other usages',
      { from: 'nodeclient', signer: KUBELET_CLIENT, usages: ['client auth'] },
      'usages did not match [client auth digital signature key encipherment]',
    ],
    [
      "for a kubelet's server without names",
      { from: 'nodeclient', signer: KUBELET_SERVING, usages: ['server auth', 'digital signature'] },
      'DNS or IP subjectAltName is required',
    ],
    [
      "for a kubelet's server with other usages",
      { from: 'nodeserving', signer: KUBELET_SERVING, usages: ['client auth'] },
      'usages did not match [digital signature key encipherment server auth]',
    ],
  ];
  test.each(refusals)('%s fails', (_title, order, message) => {
    const harness = makeHarness();
    ask(harness, order);
    const { status } = approve(harness);
    expect(status?.certificate).toBeUndefined();
    expect(status?.conditions?.[1]).toMatchObject({
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message,
    });
  });

  test("for a kubelet's server is signed", () => {
    const harness = makeHarness();
    const usages = ['server auth', 'digital signature', 'key encipherment'];
    ask(harness, { from: 'nodeserving', signer: KUBELET_SERVING, usages });
    expect(certificateOf(approve(harness)).subjectAltName).toBe('DNS:node-1, IP Address:10.0.0.1');
  });

  test('for somebody else to sign is left alone', () => {
    const harness = makeHarness();
    ask(harness, { from: 'p256', signer: 'example.com/mine', usages: ['client auth'] });
    expect(approve(harness).status?.certificate).toBeUndefined();
  });

  test('is forgotten when its certificate ends', () => {
    const harness = makeHarness();
    ask(harness, { from: 'p256', signer: CLIENT, usages: ['client auth'], seconds: 600 });
    approve(harness);
    harness.advance(590_000);
    expect(harness.request('GET', `${PATH}/it`).status).toBe(200);
    harness.advance(20_000);
    expect(harness.request('GET', `${PATH}/it`).status).toBe(404);
  });

  test('is forgotten an hour after it was signed', () => {
    const harness = makeHarness();
    ask(harness, { from: 'p256', signer: CLIENT, usages: ['client auth'] });
    approve(harness);
    harness.advance(3_590_000);
    expect(harness.request('GET', `${PATH}/it`).status).toBe(200);
    harness.advance(20_000);
    expect(harness.request('GET', `${PATH}/it`).status).toBe(404);
  });
});

describe('a certificate is good', () => {
  const HOUR = 3_600_000;
  const END = 10_000 * HOUR;
  test.each([
    ['for its time in full when that is short', 1 * HOUR, 1 * HOUR],
    ['five minutes less when it is long', 8 * HOUR, 8 * HOUR - 300_000],
    ['as long as its authority at most', 20_000 * HOUR, END],
  ])('%s', (_title, duration, end) => {
    expect(validityOf(0, duration, END)).toEqual({ notBefore: -300_000, notAfter: end });
  });
});

describe("a kubelet's request for a client certificate", () => {
  const usages = ['client auth', 'digital signature'];
  const order: Ask = { from: 'nodeclient', signer: KUBELET_CLIENT, usages };
  const node: Identity = { username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] };
  const newcomer: Identity = {
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:authenticated'],
  };
  const bind = (harness: Harness, role: string, group: string) =>
    harness.create(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${group.replaceAll(':', '-')}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:${role}"}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "${group}"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${group.replaceAll(':', '-')}-create}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:node-bootstrapper"}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "${group}"}]
`);

  test.each([
    [
      'its own',
      node,
      'certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      'system:nodes',
      'Auto approving self kubelet client certificate after SubjectAccessReview.',
    ],
    [
      'its first',
      newcomer,
      'certificates.k8s.io:certificatesigningrequests:nodeclient',
      'system:bootstrappers',
      'Auto approving kubelet client certificate after SubjectAccessReview.',
    ],
  ])('is approved and signed when its sender may: %s', (_title, as, role, group, message) => {
    const harness = makeHarness();
    bind(harness, role, group);
    const { status } = ask(harness, { ...order, as });
    expect(status?.conditions?.[0]).toMatchObject({ type: 'Approved', reason: 'AutoApproved', message });
    expect(status?.certificate).toBeDefined();
  });

  test('waits for somebody when its sender may not', () => {
    const harness = makeHarness();
    bind(harness, 'node-bootstrapper', 'system:bootstrappers');
    expect(ask(harness, { ...order, as: newcomer }).status).toEqual({});
  });
});

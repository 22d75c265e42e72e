import { expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const REQUEST = [
  '-----BEGIN CERTIFICATE REQUEST-----',
  'MIHZMIGAAgEAMB4xDTALBgNVBAoMBHRlYW0xDTALBgNVBAMMBGFubmEwWTATBgcq',
  'hkjOPQIBBggqhkjOPQMBBwNCAAQjBmCS49Nua3GHCmU6U5RMmD7hMlTe8qfDWQHr',
  'twOsTjA9QHnA5G8ClL5L4VCSEGG/sM6t/RQ125e+Gj1Ok55loAAwCgYIKoZIzj0E',
  'AwIDSAAwRQIgF7XbHQlkziPEDCrYfnDMGkPQCCKBSk9guIB88avrMfUCIQDQVuFz',
  'RatCtSnNfCLIzkLJ7XrCN71C4+oR6kAbI0WIlg==',
  '-----END CERTIFICATE REQUEST-----',
  '',
].join('\n');

it('a request nobody looks at goes after a day, a denied one after an hour', () => {
  const harness = new Harness({ settings: { nodes: [], controlPlaneNode: false } });
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  for (const name of ['ignored', 'denied']) {
    const made = harness.request('POST', path, {
      body: {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec: { request: btoa(REQUEST), signerName: 'example.com/mine', usages: ['client auth'] },
      },
    });
    expect(made.status, made.body).toBe(201);
  }
  const denied = harness.get(`${path}/denied`);
  const conditions = [{ type: 'Denied', status: 'True', reason: 'Test' }];
  const answer = harness.request('PUT', `${path}/denied/approval`, {
    body: { ...denied, status: { conditions } },
  });
  expect(answer.status, answer.body).toBe(200);
  const left = () =>
    ['ignored', 'denied'].filter((name) => harness.request('GET', `${path}/${name}`).status === 200);
  harness.advance(3_500_000);
  expect(left()).toEqual(['ignored', 'denied']);
  harness.advance(200_000);
  expect(left()).toEqual(['ignored']);
  harness.advance(23 * 3_600_000);
  expect(left()).toEqual([]);
});

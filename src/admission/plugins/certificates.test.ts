import { describe, expect, test } from 'vitest';
import { admit, makeObject } from '../../../test/support/admission.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';

const RBAC = 'rbac.authorization.k8s.io';
const request = (spec: object, status: object = {}) =>
  makeObject('certificates.k8s.io/v1', 'CertificateSigningRequest', { name: 'c' }, { spec, status });
const pending = request({ signerName: 'example.com/a' });
const rules = [
  makeObject(
    `${RBAC}/v1`,
    'ClusterRole',
    { name: 'r' },
    {
      rules: [
        {
          verbs: ['approve', 'sign'],
          apiGroups: ['certificates.k8s.io'],
          resources: ['signers'],
          resourceNames: ['example.com/*'],
        },
      ],
    },
  ),
  makeObject(
    `${RBAC}/v1`,
    'ClusterRoleBinding',
    { name: 'b' },
    {
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'r' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'ann' }],
    },
  ),
];
const as = (username: string) => ({ identity: { username, groups: [] } });

describe('certificate requests', () => {
  test('are approved by who may approve for the signer', () => {
    const attempt = { object: pending, old: pending, subresource: 'approval' };
    expect(admit([certificateApproval], { ...attempt, ...as('ann') }, rules).refused).toBeUndefined();
    expect(admit([certificateApproval], { ...attempt, ...as('bob') }, rules).refused).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "example.com/a"',
    );
  });

  test('are signed by who may sign; other status changes are free', () => {
    const signed = request({ signerName: 'example.com/a' }, { certificate: 'eA==' });
    const attempt = { old: pending, subresource: 'status' };
    expect(admit([certificateSigning], { ...attempt, object: signed, ...as('bob') }, rules).status).toBe(403);
    expect(
      admit([certificateSigning], { ...attempt, object: signed, ...as('ann') }, rules).refused,
    ).toBeUndefined();
    expect(
      admit([certificateSigning], { ...attempt, object: pending, ...as('bob') }, rules).refused,
    ).toBeUndefined();
  });

  test('for superusers are refused', () => {
    // The subject O=system:masters, CN=x of a request; nothing after the subject is read.
    const organization = [0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 14, ...Buffer.from('system:masters')];
    const wrap = (tag: number, body: number[]): number[] => [tag, body.length, ...body];
    const subject = wrap(0x30, wrap(0x31, wrap(0x30, organization)));
    const der = wrap(0x30, wrap(0x30, [0x02, 0x01, 0x00, ...subject]));
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const asked = request({
      signerName: 'kubernetes.io/kube-apiserver-client',
      request: Buffer.from(pem).toString('base64'),
    });
    expect(admit([certificateSubjectRestriction], { object: asked }).refused).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    expect(
      admit([certificateSubjectRestriction], { object: request({ ...asked, signerName: 'example.com/a' }) })
        .refused,
    ).toBeUndefined();
  });
});

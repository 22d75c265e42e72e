import { describe, expect, test } from 'vitest';
import signingRequests from '../../../test/golden/signing-requests.json' with { type: 'json' };
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
    const asked = request({
      signerName: 'kubernetes.io/kube-apiserver-client',
      request: btoa(signingRequests.masters),
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

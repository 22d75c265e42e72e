import { expect, test } from 'vitest';
import { admit, makePod } from '../../test/support/admission.ts';
import type { AdmissionPlugin } from './chain.ts';
import { admissionOrder } from './order.ts';

const recording = (name: string, log: string[], more: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
  name,
  operations: ['CREATE'],
  resources: ['pods'],
  mutate: () => void log.push(`mutate ${name}`),
  validate: (_request, { warn }) => {
    log.push(`validate ${name}`);
    warn(`from ${name}`);
  },
  ...more,
});

test('all mutate, then all validate, in order; warnings are collected', () => {
  const log: string[] = [];
  const { warnings } = admit([recording('a', log), recording('b', log)], { object: makePod() });
  expect(log).toEqual(['mutate a', 'mutate b', 'validate a', 'validate b']);
  expect(warnings).toEqual(['from a', 'from b']);
});

test('plugins see only their operations, resources and subresources', () => {
  const log: string[] = [];
  const plugins = [
    recording('off', log, { disabled: true }),
    recording('update', log, { operations: ['UPDATE'] }),
    recording('status', log, { resources: ['pods/status'] }),
    recording('any', log, { resources: ['*'] }),
  ];
  admit(plugins, { object: makePod() });
  expect(log).toEqual(['mutate any', 'validate any']);
});

test("the order is upstream's, with the grants check last", () => {
  expect(admissionOrder.map(({ name }) => name)).toEqual([
    'NamespaceLifecycle',
    'LimitRanger',
    'ServiceAccount',
    'NodeRestriction',
    'TaintNodesByCondition',
    'PodSecurity',
    'Priority',
    'DefaultTolerationSeconds',
    'DefaultStorageClass',
    'StorageObjectInUseProtection',
    'OwnerReferencesPermissionEnforcement',
    'PersistentVolumeClaimResize',
    'RuntimeClass',
    'CertificateApproval',
    'CertificateSigning',
    'CertificateSubjectRestriction',
    'DefaultIngressClass',
    'PodTopologyLabels',
    'MutatingAdmissionPolicy',
    'MutatingAdmissionWebhook',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionWebhook',
    'ClusterLimits',
    'ResourceQuota',
    'RBACEscalation',
  ]);
});

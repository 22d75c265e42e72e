/** The built-in exercises, each a template of its own; order is that of lists. */

import rbacAggregatedClusterrole from './rbac-aggregated-clusterrole.yaml';
import rbacCertificateUser from './rbac-certificate-user.yaml';
import rbacCiServiceAccount from './rbac-ci-service-account.yaml';
import rbacEscalation from './rbac-escalation.yaml';
import rbacImpersonation from './rbac-impersonation.yaml';
import rbacLeastPrivilege from './rbac-least-privilege.yaml';
import rbacReadOnlyDeveloper from './rbac-read-only-developer.yaml';
import rbacResourceNames from './rbac-resource-names.yaml';
import rbacRoleOrClusterrole from './rbac-role-or-clusterrole.yaml';
import rbacSubresources from './rbac-subresources.yaml';
import rbacWrongNamespace from './rbac-wrong-namespace.yaml';
import rbacWrongSubject from './rbac-wrong-subject.yaml';
import workloadsBrokenImage from './workloads-broken-image.yaml';
import workloadsCanary from './workloads-canary.yaml';
import workloadsCronjobSchedule from './workloads-cronjob-schedule.yaml';
import workloadsFailingJob from './workloads-failing-job.yaml';
import workloadsRolloutUndo from './workloads-rollout-undo.yaml';
import workloadsStatefulsetPartition from './workloads-statefulset-partition.yaml';

/** Texts of the built-in templates. */
export const CATALOGUE: readonly string[] = [
  rbacReadOnlyDeveloper,
  rbacAggregatedClusterrole,
  rbacCertificateUser,
  rbacCiServiceAccount,
  rbacEscalation,
  rbacImpersonation,
  rbacLeastPrivilege,
  rbacResourceNames,
  rbacRoleOrClusterrole,
  rbacSubresources,
  rbacWrongNamespace,
  rbacWrongSubject,
  workloadsBrokenImage,
  workloadsCanary,
  workloadsCronjobSchedule,
  workloadsFailingJob,
  workloadsRolloutUndo,
  workloadsStatefulsetPartition,
];

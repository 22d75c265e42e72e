/** Every built-in kind, in discovery order: groups as upstream ranks them, kinds by plural name within a group. */

import { mutatingAdmissionPolicy } from './admissionregistration/mutatingadmissionpolicy.ts';
import { mutatingAdmissionPolicyBinding } from './admissionregistration/mutatingadmissionpolicybinding.ts';
import { mutatingWebhookConfiguration } from './admissionregistration/mutatingwebhookconfiguration.ts';
import { validatingAdmissionPolicy } from './admissionregistration/validatingadmissionpolicy.ts';
import { validatingAdmissionPolicyBinding } from './admissionregistration/validatingadmissionpolicybinding.ts';
import { validatingWebhookConfiguration } from './admissionregistration/validatingwebhookconfiguration.ts';
import { customResourceDefinition } from './apiextensions/customresourcedefinition.ts';
import { apiService } from './apiregistration/apiservice.ts';
import { controllerRevision } from './apps/controllerrevision.ts';
import { daemonSet } from './apps/daemonset.ts';
import { deployment } from './apps/deployment.ts';
import { replicaSet } from './apps/replicaset.ts';
import { statefulSet } from './apps/statefulset.ts';
import { selfSubjectReview } from './authentication/selfsubjectreview.ts';
import { tokenReview } from './authentication/tokenreview.ts';
import { localSubjectAccessReview } from './authorization/localsubjectaccessreview.ts';
import { selfSubjectAccessReview } from './authorization/selfsubjectaccessreview.ts';
import { selfSubjectRulesReview } from './authorization/selfsubjectrulesreview.ts';
import { subjectAccessReview } from './authorization/subjectaccessreview.ts';
import { horizontalPodAutoscaler } from './autoscaling/horizontalpodautoscaler.ts';
import { cronJob } from './batch/cronjob.ts';
import { job } from './batch/job.ts';
import type { Catalog, Resolved } from './catalog-contract.ts';
import { certificateSigningRequest } from './certificates/certificatesigningrequest.ts';
import { lease } from './coordination/lease.ts';
import { binding } from './core/binding.ts';
import { componentStatus } from './core/componentstatus.ts';
import { configMap } from './core/configmap.ts';
import { endpoints } from './core/endpoints.ts';
import { event } from './core/event.ts';
import { limitRange } from './core/limitrange.ts';
import { namespace } from './core/namespace.ts';
import { node } from './core/node.ts';
import { persistentVolume } from './core/persistentvolume.ts';
import { persistentVolumeClaim } from './core/persistentvolumeclaim.ts';
import { pod } from './core/pod.ts';
import { podTemplate } from './core/podtemplate.ts';
import { replicationController } from './core/replicationcontroller.ts';
import { resourceQuota } from './core/resourcequota.ts';
import { secret } from './core/secret.ts';
import { service } from './core/service.ts';
import { serviceAccount } from './core/serviceaccount.ts';
import type { Kind } from './define.ts';
import { endpointSlice } from './discovery/endpointslice.ts';
import { eventsEvent } from './events/event.ts';
import { flowSchema } from './flowcontrol/flowschema.ts';
import { priorityLevelConfiguration } from './flowcontrol/prioritylevelconfiguration.ts';
import { nodeMetrics } from './metrics/nodemetrics.ts';
import { podMetrics } from './metrics/podmetrics.ts';
import { ingress } from './networking/ingress.ts';
import { ingressClass } from './networking/ingressclass.ts';
import { ipAddress } from './networking/ipaddress.ts';
import { networkPolicy } from './networking/networkpolicy.ts';
import { serviceCidr } from './networking/servicecidr.ts';
import { runtimeClass } from './node/runtimeclass.ts';
import { podDisruptionBudget } from './policy/poddisruptionbudget.ts';
import { clusterRole } from './rbac/clusterrole.ts';
import { clusterRoleBinding } from './rbac/clusterrolebinding.ts';
import { role } from './rbac/role.ts';
import { roleBinding } from './rbac/rolebinding.ts';
import { deviceClass } from './resource/deviceclass.ts';
import { resourceClaim } from './resource/resourceclaim.ts';
import { resourceClaimTemplate } from './resource/resourceclaimtemplate.ts';
import { resourceSlice } from './resource/resourceslice.ts';
import { priorityClass } from './scheduling/priorityclass.ts';
import { csiDriver } from './storage/csidriver.ts';
import { csiNode } from './storage/csinode.ts';
import { csiStorageCapacity } from './storage/csistoragecapacity.ts';
import { storageClass } from './storage/storageclass.ts';
import { volumeAttachment } from './storage/volumeattachment.ts';
import { volumeAttributesClass } from './storage/volumeattributesclass.ts';

const core = [
  binding,
  componentStatus,
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
];
const apps = [controllerRevision, daemonSet, deployment, replicaSet, statefulSet];
const authorization = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
];
const networking = [ingressClass, ingress, ipAddress, networkPolicy, serviceCidr];
const rbac = [clusterRoleBinding, clusterRole, roleBinding, role];
const storage = [
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
];
const admission = [
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
];
const resources = [deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice];

/** All kinds of a cluster without definitions of its own; the order is that of discovery. */
export const builtinKinds: readonly Kind[] = [
  ...core,
  apiService,
  ...apps,
  eventsEvent,
  selfSubjectReview,
  tokenReview,
  ...authorization,
  horizontalPodAutoscaler,
  cronJob,
  job,
  certificateSigningRequest,
  ...networking,
  podDisruptionBudget,
  ...rbac,
  ...storage,
  ...admission,
  customResourceDefinition,
  priorityClass,
  lease,
  runtimeClass,
  endpointSlice,
  ...resources,
  flowSchema,
  priorityLevelConfiguration,
];

/** Served where the metrics API is turned on; not among the built-ins. */
export const metricsKinds: readonly Kind[] = [nodeMetrics, podMetrics];

/**
 * Lookups over a list of kinds, whose order `all` keeps. Throws a plain Error when two kinds claim the same path
 * or the same storage: that is a bug found at start.
 */
export const makeCatalog = (kinds: readonly Kind[]): Catalog => {
  const byResource = new Map<string, Resolved>();
  const byKind = new Map<string, Resolved>();
  const byStorage = new Map<string, Kind>();
  const groupVersions = new Set<string>();
  const claim = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
    if (map.has(key)) throw new Error(`two kinds claim ${key}`);
    map.set(key, value);
  };
  for (const kind of kinds) {
    if (kind.storageGroup === undefined) claim(byStorage, `${kind.group}/${kind.resource}`, kind);
    for (const version of kind.served) {
      const resolved: Resolved = { kind, version };
      groupVersions.add(`${version.group}/${version.version}`);
      claim(byResource, `${version.group}/${version.version}/${kind.resource}`, resolved);
      claim(byKind, `${version.group}/${version.version}/${kind.kind}`, resolved);
    }
  }
  return {
    all: () => kinds,
    resource: (group, version, resource) => byResource.get(`${group}/${version}/${resource}`),
    kind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
    stored: (group, resource) => byStorage.get(`${group}/${resource}`),
    hasGroupVersion: (group, version) => groupVersions.has(`${group}/${version}`),
  };
};

/** The catalogue of built-in kinds. */
export const makeBuiltinCatalog = (): Catalog => makeCatalog(builtinKinds);

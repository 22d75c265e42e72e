import { printAggregate } from '../../auth/rbac.ts';
import type { Container, Namespace, Pod, PodSpec, PodTemplateSpec } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import { printFieldError } from '../../machinery/field-error.ts';
import { controllerOf, type KubeObject } from '../../machinery/object.ts';
import { invalid } from '../../machinery/status.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse, requestResource } from '../chain.ts';
import type { CheckedPod, Finding } from '../pod-security/check.ts';
import { NO_CONFIGURATION, type PodSecurityConfiguration } from '../pod-security/configuration.ts';
import {
  compareLevels,
  evaluatePod,
  isPrivileged,
  type LevelVersion,
  type Policy,
  printFindings,
  printLevel,
  printPolicy,
  printReasons,
  readPolicy,
} from '../pod-security/policy.ts';
import type { AdmissionRequest } from '../request.ts';

const WORKLOADS = [
  'podtemplates',
  'replicationcontrollers',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
];
const MAX_PODS = 3000;
const ANNOTATIONS = [
  'container.apparmor.security.beta.kubernetes.io/',
  'seccomp.security.alpha.kubernetes.io/pod',
  'container.seccomp.security.alpha.kubernetes.io/',
];
const AUDIT = 'pod-security.kubernetes.io/';

interface Templated extends KubeObject {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
  };
}

const templateOf = (object: Templated): PodTemplateSpec | undefined =>
  object.template ?? object.spec?.template ?? object.spec?.jobTemplate?.spec?.template;

const asChecked = (
  metadata: { readonly annotations?: Readonly<Record<string, string>> } | undefined,
  spec: PodSpec,
): CheckedPod => ({
  annotations: metadata?.annotations ?? {},
  spec,
});

const configurationOf = ({ podSecurity }: PluginContext): PodSecurityConfiguration =>
  podSecurity?.() ?? NO_CONFIGURATION;

const policyOf = (request: AdmissionRequest, context: PluginContext): Policy => {
  const labels = context.lookup.get('namespaces', '', request.namespace)?.metadata.labels;
  const { policy, errors } = readPolicy(labels, configurationOf(context).defaults);
  if (errors.length > 0) {
    context.audit?.(
      `${AUDIT}error`,
      `Failed to parse policy: ${printAggregate(errors.map(printFieldError))}`,
    );
  }
  return policy;
};

/** Whether the namespace or the user is let through whatever a pod is; the audit log is told. */
const isExempt = (request: AdmissionRequest, context: PluginContext): boolean => {
  const { namespaces, usernames } = configurationOf(context).exemptions;
  const why = namespaces.includes(request.namespace)
    ? 'namespace'
    : usernames.includes(request.identity.username)
      ? 'user'
      : undefined;
  if (why !== undefined) context.audit?.(`${AUDIT}exempt`, why);
  return why !== undefined;
};

const hasExemptRuntime = (context: PluginContext, { runtimeClassName = '' }: PodSpec): boolean => {
  if (!configurationOf(context).exemptions.runtimeClasses.includes(runtimeClassName)) return false;
  context.audit?.(`${AUDIT}exempt`, 'runtimeClass');
  return true;
};

/** Judges a pod; `enforce` is false for workloads, which are only audited and warned about. */
const judge = (
  request: AdmissionRequest,
  context: PluginContext,
  policy: Policy,
  pod: CheckedPod,
  enforce: boolean,
): void => {
  if (hasExemptRuntime(context, pod.spec)) return;
  const known = new Map<string, readonly Finding[]>();
  const evaluate = (wanted: LevelVersion): readonly Finding[] => {
    const key = printLevel(wanted);
    const findings = known.get(key) ?? evaluatePod(wanted, pod);
    known.set(key, findings);
    return findings;
  };
  const describe = (wanted: LevelVersion): string =>
    `violate PodSecurity ${JSON.stringify(printLevel(wanted))}: ${printFindings(evaluate(wanted))}`;
  if (enforce) context.audit?.(`${AUDIT}enforce-policy`, printLevel(policy.enforce));
  if (evaluate(policy.audit).length > 0)
    context.audit?.(`${AUDIT}audit-violations`, `would ${describe(policy.audit)}`);
  if (enforce && evaluate(policy.enforce).length > 0) {
    throw refuse(request, `violates${describe(policy.enforce).slice('violate'.length)}`);
  }
  if (evaluate(policy.warn).length > 0) context.warn(`would ${describe(policy.warn)}`);
};

const images = (containers: readonly Container[] | undefined): string[] =>
  (containers ?? []).map((one) => one.image ?? '');

const securityAnnotations = (pod: Pod): Record<string, string> =>
  Object.fromEntries(
    Object.entries(pod.metadata.annotations ?? {}).filter(([key]) =>
      ANNOTATIONS.some((prefix) => key.startsWith(prefix)),
    ),
  );

/** Updates that change nothing a check could look at are let through, so that old pods can still be deleted. */
const isSignificant = (pod: Pod, old: Pod): boolean =>
  !deepEqual(securityAnnotations(pod), securityAnnotations(old)) ||
  !deepEqual(images(pod.spec?.initContainers), images(old.spec?.initContainers)) ||
  !deepEqual(images(pod.spec?.containers), images(old.spec?.containers)) ||
  !deepEqual(
    images(pod.spec?.ephemeralContainers as readonly Container[] | undefined),
    images(old.spec?.ephemeralContainers as readonly Container[] | undefined),
  );

const judgePod = (request: AdmissionRequest, context: PluginContext): void => {
  if (isExempt(request, context)) return;
  const pod = readDraft<Pod>(request.object);
  if (request.operation === 'UPDATE' && request.old && !isSignificant(pod, request.old as Pod)) return;
  const policy = policyOf(request, context);
  if (!isPrivileged(policy) && pod.spec)
    judge(request, context, policy, asChecked(pod.metadata, pod.spec), true);
};

const judgeWorkload = (request: AdmissionRequest, context: PluginContext): void => {
  if (isExempt(request, context)) return;
  const policy = policyOf(request, context);
  if (policy.audit.level === 'privileged' && policy.warn.level === 'privileged') return;
  const template = templateOf(readDraft<Templated>(request.object));
  if (template?.spec) judge(request, context, policy, asChecked(template.metadata, template.spec), false);
};

interface Group {
  readonly name: string;
  count: number;
}

const printGroup = ({ name, count }: Group, reasons: string): string => {
  if (count === 1) return `${name}: ${reasons}`;
  return `${name} (and ${count - 1} other ${count === 2 ? 'pod' : 'pods'}): ${reasons}`;
};

/** One pod of each controller speaks for its siblings. */
const samplePods = (pods: readonly Pod[]): readonly Pod[] => {
  const seen = new Set<string>();
  return pods.filter((pod) => {
    const owner = controllerOf(pod)?.uid;
    if (owner === undefined) return true;
    if (seen.has(owner)) return false;
    seen.add(owner);
    return true;
  });
};

/** Warns about pods that are there already and would be refused now. */
const warnAboutPods = (context: PluginContext, namespace: string, wanted: LevelVersion): void => {
  const groups = new Map<string, Group>();
  for (const pod of samplePods(context.lookup.list('pods', namespace)).slice(0, MAX_PODS)) {
    const findings = pod.spec ? evaluatePod(wanted, asChecked(pod.metadata, pod.spec)) : [];
    if (findings.length === 0) continue;
    const reasons = printReasons(findings);
    const group = groups.get(reasons);
    if (group) group.count += 1;
    else groups.set(reasons, { name: pod.metadata.name ?? '', count: 1 });
  }
  if (groups.size === 0) return;
  const level = JSON.stringify(printLevel(wanted));
  context.warn(
    `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${level}`,
  );
  const lines = [...groups].map(([reasons, group]) => printGroup(group, reasons));
  for (const line of lines.sort()) context.warn(line);
};

const judgeNamespace = (request: AdmissionRequest, context: PluginContext): void => {
  const namespace = readDraft<Namespace>(request.object);
  const name = namespace.metadata.name ?? '';
  const { defaults, exemptions } = configurationOf(context);
  const next = readPolicy(namespace.metadata.labels, defaults);
  const before = readPolicy(request.old?.metadata.labels, defaults);
  if (next.errors.length > 0 && (request.operation === 'CREATE' || !deepEqual(next.errors, before.errors))) {
    throw invalid({ group: '', kind: 'Namespace' }, name, next.errors);
  }
  const ignored = exemptions.namespaces.includes(name) && !isPrivileged(next.policy);
  const warnIgnored = (): void => {
    if (!ignored || deepEqual(next.policy, defaults)) return;
    context.warn(
      `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${printPolicy(next.policy)}) will be ignored`,
    );
  };
  if (request.operation === 'CREATE') {
    warnIgnored();
    return;
  }
  const wanted = next.policy.enforce;
  const was = before.policy.enforce;
  const looser = compareLevels(wanted.level, was.level) < 1 && wanted.version === was.version;
  if (wanted.level === 'privileged' || looser) return;
  if (exemptions.namespaces.includes(name)) {
    warnIgnored();
    return;
  }
  warnAboutPods(context, name, wanted);
};

/** Holds pods to the Pod Security Standards their namespace asks for (plugin/pkg/admission/security/podsecurity). */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  operations: ['CREATE', 'UPDATE'],
  resources: ['namespaces', 'pods', 'pods/ephemeralcontainers', 'pods/resize', ...WORKLOADS],
  validate: (request, context) => {
    const resource = requestResource(request);
    if (resource === 'namespaces') judgeNamespace(request, context);
    else if (resource.startsWith('pods/') || resource === 'pods') judgePod(request, context);
    else judgeWorkload(request, context);
  },
};

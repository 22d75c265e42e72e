import { podReferences } from '../../auth/pod-references.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../kinds/generated/types.ts';
import { cloneJson } from '../../machinery/deep.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
const MIRROR = 'kubernetes.io/config.mirror';
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** A little over an hour: what kubelets ask for, and what tells these tokens from others. */
const TOKEN_SECONDS = 3607;
const FILE_MODE = 0o644;

const findAccount = (request: AdmissionRequest, context: PluginContext, name: string): ServiceAccount => {
  const account = context.lookup.get('serviceaccounts', request.namespace, name);
  if (account) return account;
  // Upstream asks the API when its cache knows nothing, and its client refuses names that are no part of a path.
  const problems = ['/', '%']
    .filter((sign) => name.includes(sign))
    .map((sign) => `may not contain '${sign}'`);
  const why =
    problems.length > 0
      ? `invalid resource name ${JSON.stringify(name)}: [${problems.join(' ')}]`
      : `serviceaccount ${JSON.stringify(name)} not found`;
  throw refuse(request, `error looking up service account ${request.namespace}/${name}: ${why}`);
};

const makeTokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: FILE_MODE,
  },
});

const randomSuffix = (context: PluginContext): string =>
  Array.from({ length: SUFFIX_LENGTH }, (_, index) =>
    ALPHABET.charAt(context.random(`kube-api-access-${index}`, ALPHABET.length)),
  ).join('');

const mountsToken = (container: Container): boolean =>
  (container.volumeMounts ?? []).some((mount) => mount.mountPath === TOKEN_PATH);

/** Adds the token volume and mounts it wherever nothing else is mounted at its path. */
const mountToken = (spec: PodSpec, context: PluginContext): PodSpec => {
  const present = (spec.volumes ?? []).find(
    (volume) => volume.projected !== undefined && volume.name.startsWith(VOLUME_PREFIX),
  );
  const name = present?.name ?? `${VOLUME_PREFIX}${randomSuffix(context)}`;
  const mount = <Type extends Container>(container: Type): Type =>
    mountsToken(container)
      ? container
      : {
          ...container,
          volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_PATH }],
        };
  const needed = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some(
    (one) => !mountsToken(one),
  );
  return {
    ...spec,
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(mount) } : {}),
    ...(spec.containers ? { containers: spec.containers.map(mount) } : {}),
    ...(needed && present === undefined ? { volumes: [...(spec.volumes ?? []), makeTokenVolume(name)] } : {}),
  };
};

/** The pod's own word counts before the account's. */
const wantsToken = (spec: PodSpec, account: ServiceAccount): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.[MIRROR] !== undefined;

const refuseMirrorReferences = (request: AdmissionRequest, pod: Pod): void => {
  const volumes = pod.spec?.volumes ?? [];
  const tokens = volumes.some((volume) =>
    (volume.projected?.sources ?? []).some((source) => source.serviceAccountToken !== undefined),
  );
  if (pod.spec?.serviceAccountName) {
    throw refuse(request, 'a mirror pod may not reference service accounts');
  }
  if (podReferences(pod).secrets.size > 0) throw refuse(request, 'a mirror pod may not reference secrets');
  if (tokens) throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections');
};

/** Every name of a secret in the environment of containers, with the text that refuses it. */
const refuseContainerSecrets = (
  containers: readonly Container[],
  label: string,
  allowed: ReadonlySet<string>,
  account: string,
): string | undefined => {
  const tail = `is not allowed because service account ${account} does not reference that secret`;
  for (const container of containers) {
    for (const entry of container.env ?? []) {
      const name = entry.valueFrom?.secretKeyRef?.name;
      if (name !== undefined && !allowed.has(name)) {
        return `${label} ${container.name} with envVar ${entry.name} referencing secret.secretName="${name}" ${tail}`;
      }
    }
    for (const source of container.envFrom ?? []) {
      const name = source.secretRef?.name;
      if (name !== undefined && !allowed.has(name)) {
        return `${label} ${container.name} with envFrom referencing secret.secretName="${name}" ${tail}`;
      }
    }
  }
  return undefined;
};

const findForbiddenReference = (spec: PodSpec, account: ServiceAccount): string | undefined => {
  const name = account.metadata.name ?? '';
  const allowed = new Set((account.secrets ?? []).map((secret) => secret.name ?? ''));
  const tail = `is not allowed because service account ${name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !allowed.has(secret.secretName ?? '')) {
      return `volume with secret.secretName="${secret.secretName ?? ''}" ${tail} secret`;
    }
  }
  const inContainers =
    refuseContainerSecrets(spec.initContainers ?? [], 'init container', allowed, name) ??
    refuseContainerSecrets(spec.containers ?? [], 'container', allowed, name);
  if (inContainers !== undefined) return inContainers;
  const pulls = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name ?? ''));
  const index = (spec.imagePullSecrets ?? []).findIndex((secret) => !pulls.has(secret.name ?? ''));
  if (index < 0) return undefined;
  return `imagePullSecrets[${index}].name="${spec.imagePullSecrets?.[index]?.name ?? ''}" ${tail} imagePullSecret`;
};

const enforces = (account: ServiceAccount): boolean =>
  ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(account.metadata.annotations?.[ENFORCE] ?? '');

const check = (request: AdmissionRequest, context: PluginContext, pod: Pod): void => {
  const spec = pod.spec;
  if (spec === undefined) return;
  if (isMirror(pod)) {
    refuseMirrorReferences(request, pod);
    return;
  }
  if (!spec.serviceAccountName) {
    throw refuse(
      request,
      `no service account specified for pod ${request.namespace}/${pod.metadata.name ?? ''}`,
    );
  }
  const account = findAccount(request, context, spec.serviceAccountName);
  const problem = enforces(account) ? findForbiddenReference(spec, account) : undefined;
  if (problem !== undefined) throw refuse(request, problem);
};

const checkEphemeral = (request: AdmissionRequest, context: PluginContext, pod: Pod): void => {
  const account = findAccount(request, context, pod.spec?.serviceAccountName ?? '');
  if (!enforces(account)) return;
  const containers = (pod.spec?.ephemeralContainers ?? []) as readonly Container[];
  const allowed = new Set((account.secrets ?? []).map((secret) => secret.name ?? ''));
  const problem = refuseContainerSecrets(
    containers,
    'ephemeral container',
    allowed,
    account.metadata.name ?? '',
  );
  if (problem !== undefined) throw refuse(request, problem);
};

/**
 * Gives a pod its service account, the volume with that account's token and its pull secrets
 * (plugin/pkg/admission/serviceaccount).
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/ephemeralcontainers'],
  mutate: (request, context) => {
    const draft = request.object;
    const pod = readDraft<Pod>(draft);
    if (draft === undefined || request.operation !== 'CREATE' || request.subresource || !pod.spec) return;
    if (isMirror(pod)) {
      check(request, context, pod);
      return;
    }
    const name = pod.spec.serviceAccountName || 'default';
    const account = findAccount(request, context, name);
    const named = { ...pod.spec, serviceAccountName: name, serviceAccount: name };
    const mounted = wantsToken(named, account) ? mountToken(named, context) : named;
    const pulls = account.imagePullSecrets ?? [];
    draft['spec'] =
      (mounted.imagePullSecrets ?? []).length === 0 && pulls.length > 0
        ? { ...mounted, imagePullSecrets: cloneJson(pulls) }
        : mounted;
    check(request, context, readDraft<Pod>(draft));
  },
  validate: (request, context) => {
    const pod = readDraft<Pod>(request.object);
    if (request.operation === 'CREATE' && !request.subresource) check(request, context, pod);
    if (request.operation === 'UPDATE' && request.subresource) checkEphemeral(request, context, pod);
  },
};

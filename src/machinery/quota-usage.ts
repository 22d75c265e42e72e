/**
 * What an object costs against resource quotas, shared by admission and the quota controller
 * (pkg/quota/v1/evaluator/core, apiserver/pkg/quota/v1; 1.36). Pure; resources are named `pods`, `deployments.apps`.
 */

import { isBestEffort } from './pod-qos.ts';
import {
  type PodSpecLike,
  type ResourceTotals,
  sumPodLimits,
  sumPodRequests,
  totalsOf,
} from './pod-resources.ts';
import {
  addQuantity,
  isWholeIn,
  type Quantity,
  quantityOf,
  quantityValue,
  wholeQuantity,
} from './quantity.ts';
import type { Instant } from './time.ts';

/** One scope of a quota; `scopes: [X]` means operator Exists. */
export interface QuotaScope {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface QuotaSpecLike {
  readonly scopes?: readonly string[];
  readonly scopeSelector?: {
    readonly matchExpressions?: readonly {
      readonly scopeName: string;
      readonly operator: string;
      readonly values?: readonly string[];
    }[];
  };
}

interface QuotaPod {
  readonly metadata: { readonly deletionTimestamp?: string; readonly deletionGracePeriodSeconds?: number };
  readonly spec?: PodSpecLike & {
    readonly activeDeadlineSeconds?: number;
    readonly priorityClassName?: string;
    readonly affinity?: Readonly<Record<string, unknown>>;
  };
  readonly status?: { readonly phase?: string };
}

/** All scopes a quota names, old form and new. */
export const quotaScopes = (spec: QuotaSpecLike | undefined): readonly QuotaScope[] => [
  ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
  ...(spec?.scopeSelector?.matchExpressions ?? []),
];

const ONE = wholeQuantity(1);
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const DEVICE_SUFFIX = '.deviceclass.resource.k8s.io/devices';
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const POD_RESOURCES = [
  'pods',
  ...COMPUTE,
  ...COMPUTE.map((name) => `requests.${name}`),
  ...COMPUTE.map((name) => `limits.${name}`),
];
/** Resources whose quota forces every container to say how much it wants. */
const MUST_SPECIFY = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
/** Kinds with a name of their own in quotas beside `count/...`. */
const ALIASES = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

type Usage = Map<string, Quantity>;

const isExtended = (name: string): boolean => {
  const bare = !name.includes('/') || name.includes('kubernetes.io/');
  return !bare && !name.startsWith('requests.');
};

/** Requests and limits under the names quotas use. */
const computeUsage = (requests: ResourceTotals, limits: ResourceTotals): Usage => {
  const usage: Usage = new Map([['pods', ONE]]);
  for (const [name, amount] of requests) {
    if (COMPUTE.includes(name) || name.startsWith('hugepages-')) {
      usage.set(name, amount);
      usage.set(`requests.${name}`, amount);
    } else if (isExtended(name)) {
      usage.set(`requests.${name}`, amount);
    }
  }
  for (const [name, amount] of limits) if (COMPUTE.includes(name)) usage.set(`limits.${name}`, amount);
  return usage;
};

/** Pods that ended, or should have, are not charged for compute. */
const isCharged = (pod: QuotaPod, now: Instant): boolean => {
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
};

const podUsage = (pod: QuotaPod, now: Instant): Usage =>
  isCharged(pod, now) && pod.spec !== undefined
    ? computeUsage(sumPodRequests(pod.spec), sumPodLimits(pod.spec))
    : new Map();

interface QuotaService {
  readonly spec?: {
    readonly type?: string;
    readonly allocateLoadBalancerNodePorts?: boolean;
    readonly ports?: readonly { readonly nodePort?: number }[];
  };
}

const serviceUsage = ({ spec }: QuotaService): Usage => {
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === 'LoadBalancer';
  const fixed = ports.filter((port) => (port.nodePort ?? 0) !== 0).length;
  const allocates = spec?.type === 'NodePort' || (balanced && spec?.allocateLoadBalancerNodePorts !== false);
  return new Map([
    ['services', ONE],
    ['services.nodeports', wholeQuantity(allocates ? ports.length : balanced ? fixed : 0)],
    ['services.loadbalancers', wholeQuantity(balanced ? 1 : 0)],
  ]);
};

interface QuotaClaim {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
    readonly volumeAttributesClassName?: string;
  };
  readonly status?: {
    readonly allocatedResources?: Readonly<Record<string, string>>;
    readonly currentVolumeAttributesClassName?: string;
    readonly modifyVolumeStatus?: { readonly targetVolumeAttributesClassName?: string };
  };
}

/** Claims are counted in whole bytes. */
const roundedUp = (amount: Quantity): Quantity =>
  isWholeIn(amount, 'unit') ? amount : wholeQuantity(quantityValue(amount), amount.format);

const claimUsage = ({ metadata, spec, status }: QuotaClaim): Usage => {
  const usage: Usage = new Map([['persistentvolumeclaims', ONE]]);
  const className =
    metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  if (className !== '') usage.set(`${className}${CLASS_SUFFIX}persistentvolumeclaims`, ONE);
  const asked = spec?.resources?.requests?.['storage'];
  if (asked === undefined) return usage;
  const allocated = status?.allocatedResources?.['storage'];
  const sizes = [asked, ...(allocated === undefined ? [] : [allocated])].map((size) =>
    roundedUp(quantityOf(size)),
  );
  const size = sizes.reduce((most, one) => (one.nano > most.nano ? one : most));
  usage.set('requests.storage', size);
  if (className !== '') usage.set(`${className}${CLASS_SUFFIX}requests.storage`, size);
  return usage;
};

interface DeviceRequestLike {
  readonly deviceClassName?: string;
  readonly allocationMode?: string;
  readonly count?: number;
}
interface QuotaResourceClaim {
  readonly spec?: {
    readonly devices?: {
      readonly requests?: readonly (DeviceRequestLike & {
        readonly exactly?: DeviceRequestLike;
        readonly firstAvailable?: readonly DeviceRequestLike[];
      })[];
    };
  };
}

/** A claim for all matching devices is charged as many as one claim can ever get. */
const MAX_DEVICES = 32;

const deviceUsage = ({ spec }: QuotaResourceClaim): Usage => {
  const usage: Usage = new Map();
  for (const request of spec?.devices?.requests ?? []) {
    for (const one of request.firstAvailable ?? [request.exactly ?? request]) {
      if (one.deviceClassName === undefined) continue;
      const key = `${one.deviceClassName}${DEVICE_SUFFIX}`;
      const count = wholeQuantity(one.allocationMode === 'All' ? MAX_DEVICES : (one.count ?? 1));
      usage.set(key, addQuantity(usage.get(key) ?? wholeQuantity(0), count));
    }
  }
  return usage;
};

/** The whole cost of an object; `now` decides whether a pod being deleted still counts. */
export const quotaUsage = (resource: string, object: unknown, now: Instant): Usage => {
  const usage: Usage =
    resource === 'pods'
      ? podUsage(object as QuotaPod, now)
      : resource === 'services'
        ? serviceUsage(object as QuotaService)
        : resource === 'persistentvolumeclaims'
          ? claimUsage(object as QuotaClaim)
          : resource === 'resourceclaims.resource.k8s.io'
            ? deviceUsage(object as QuotaResourceClaim)
            : new Map();
  if (ALIASES.includes(resource)) usage.set(resource, ONE);
  usage.set(`count/${resource}`, ONE);
  return usage;
};

const concernsPods = (name: string): boolean =>
  POD_RESOURCES.includes(name) ||
  name.startsWith('hugepages-') ||
  name.startsWith('requests.hugepages-') ||
  (name.startsWith('requests.') && isExtended(name.slice('requests.'.length)));

const concernsClaims = (name: string): boolean =>
  name === 'persistentvolumeclaims' ||
  name === 'requests.storage' ||
  name.endsWith(`${CLASS_SUFFIX}requests.storage`) ||
  name.endsWith(`${CLASS_SUFFIX}persistentvolumeclaims`);

/** Which names of a quota objects of a resource are charged to. */
export const quotaNames = (resource: string, names: readonly string[]): string[] =>
  names.filter((name) => {
    if (name === `count/${resource}`) return true;
    if (resource === 'pods') return concernsPods(name);
    if (resource === 'persistentvolumeclaims') return concernsClaims(name);
    if (resource === 'services')
      return ['services', 'services.nodeports', 'services.loadbalancers'].includes(name);
    if (resource === 'resourceclaims.resource.k8s.io') return name.endsWith(DEVICE_SUFFIX);
    return ALIASES.includes(resource) && name === resource;
  });

/** Resources that a quota with these names has to look at, of those that have a name of their own. */
export const specialQuotaResources = [
  'pods',
  'services',
  'persistentvolumeclaims',
  'resourceclaims.resource.k8s.io',
  ...ALIASES,
] as const;

const matchesValues = (scope: QuotaScope, value: string | undefined): boolean => {
  switch (scope.operator) {
    case 'In':
      return value !== undefined && (scope.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(scope.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
};

type Term = { readonly namespaces?: readonly string[]; readonly namespaceSelector?: unknown };

/** Whether any (anti-)affinity term of the pod looks into other namespaces. */
const crossesNamespaces = (pod: QuotaPod): boolean => {
  const crosses = (term: Term | undefined): boolean =>
    (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined;
  return ['podAffinity', 'podAntiAffinity'].some((key) => {
    const rules = pod.spec?.affinity?.[key] as
      | {
          requiredDuringSchedulingIgnoredDuringExecution?: readonly Term[];
          preferredDuringSchedulingIgnoredDuringExecution?: readonly { podAffinityTerm?: Term }[];
        }
      | undefined;
    return (
      (rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(crosses) ||
      (rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).some((one) =>
        crosses(one.podAffinityTerm),
      )
    );
  });
};

const podInScope = (scope: QuotaScope, pod: QuotaPod): boolean => {
  const terminating = pod.spec?.activeDeadlineSeconds !== undefined && pod.spec.activeDeadlineSeconds >= 0;
  switch (scope.scopeName) {
    case 'Terminating':
      return terminating;
    case 'NotTerminating':
      return !terminating;
    case 'BestEffort':
      return isBestEffort(pod.spec);
    case 'NotBestEffort':
      return !isBestEffort(pod.spec);
    case 'PriorityClass':
      return matchesValues(scope, pod.spec?.priorityClassName || undefined);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
};

/** Every class a claim refers to: the one it wants, the one it has, the one it is on the way to. */
const attributesClasses = ({ spec, status }: QuotaClaim): readonly string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== '') as string[];

const claimInScope = (scope: QuotaScope, claim: QuotaClaim): boolean => {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const classes = attributesClasses(claim);
  return classes.length === 0
    ? matchesValues(scope, undefined)
    : classes.some((name) => matchesValues(scope, name));
};

/** Whether an object falls under every scope of a quota. Only pods and claims can fall under any. */
export const inQuotaScopes = (resource: string, scopes: readonly QuotaScope[], object: unknown): boolean =>
  scopes.every((scope) => {
    if (resource === 'pods') return podInScope(scope, object as QuotaPod);
    return resource === 'persistentvolumeclaims' && claimInScope(scope, object as QuotaClaim);
  });

/** `must specify ...` when containers leave out what the quota counts, else `undefined`. */
export const missingForQuota = (
  resource: string,
  names: readonly string[],
  object: unknown,
): string | undefined => {
  if (resource !== 'pods') return undefined;
  const spec = (object as QuotaPod).spec;
  const required = names.filter((name) => MUST_SPECIFY.includes(name));
  const podLevel = computeUsage(totalsOf(spec?.resources?.requests), totalsOf(spec?.resources?.limits));
  const missing = new Map<string, string[]>();
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    const { name = '' } = container as { readonly name?: string };
    const own = computeUsage(totalsOf(container.resources?.requests), totalsOf(container.resources?.limits));
    for (const key of required) {
      if (!own.has(key) && !podLevel.has(key)) missing.set(key, [...(missing.get(key) ?? []), name]);
    }
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()]
    .sort()
    .map((key) => `${key} for: ${[...(missing.get(key) ?? [])].sort().join(',')}`);
  return `must specify ${parts.join('; ')}`;
};

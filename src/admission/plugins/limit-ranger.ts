import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from '../../kinds/generated/types.ts';
import {
  type ResourceTotals,
  sumPodLimits,
  sumPodRequests,
  totalsOf,
} from '../../machinery/pod-resources.ts';
import {
  compareQuantity,
  printQuantity,
  type Quantity,
  quantityMilli,
  quantityOf,
} from '../../machinery/quantity.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type ResourceList = Readonly<Record<string, string>>;

const rangesOf = (request: AdmissionRequest, { lookup }: PluginContext): readonly LimitRange[] =>
  request.old?.metadata.deletionTimestamp === undefined ? lookup.list('limitranges', request.namespace) : [];

/** Pods cannot change their containers' resources by an update, except through resize. */
const applies = ({ kind, operation, subresource }: AdmissionRequest): boolean =>
  kind.resource !== 'pods' || (subresource === 'resize' ? operation === 'UPDATE' : operation === 'CREATE');

const missingFrom = (present: ResourceList | undefined, defaults: ResourceList): string[] =>
  Object.keys(defaults)
    .filter((name) => present?.[name] === undefined)
    .sort();

const fill = (
  present: ResourceList | undefined,
  defaults: ResourceList,
  names: readonly string[],
): ResourceList => ({
  ...present,
  ...Object.fromEntries(names.map((name) => [name, defaults[name] ?? ''])),
});

interface Defaults {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

const defaultsOf = (range: LimitRange): Defaults => {
  const items = (range.spec?.limits ?? []).filter((item) => item.type === 'Container');
  return {
    requests: Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})),
    limits: Object.assign({}, ...items.map((item) => item.default ?? {})),
  };
};

/** The container with defaults filled in; `notes` tells what was set, for the annotation. */
const fillContainer = (
  container: Container,
  label: string,
  defaults: Defaults,
  notes: string[],
): Container => {
  const { requests, limits } = container.resources ?? {};
  const setRequests = missingFrom(requests, defaults.requests);
  const setLimits = missingFrom(limits, defaults.limits);
  if (setRequests.length === 0 && setLimits.length === 0) return container;
  if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${label} ${container.name}`);
  if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${label} ${container.name}`);
  return {
    ...container,
    resources: {
      ...container.resources,
      ...(setRequests.length === 0 ? {} : { requests: fill(requests, defaults.requests, setRequests) }),
      ...(setLimits.length === 0 ? {} : { limits: fill(limits, defaults.limits, setLimits) }),
    },
  };
};

const applyDefaults = (request: AdmissionRequest, range: LimitRange): void => {
  const draft = request.object;
  const { metadata, spec } = readDraft<Pod>(draft);
  if (draft === undefined || spec === undefined) return;
  const defaults = defaultsOf(range);
  const notes: string[] = [];
  const containers = spec.containers?.map((one) => fillContainer(one, 'container', defaults, notes));
  const inits = spec.initContainers?.map((one) => fillContainer(one, 'init container', defaults, notes));
  if (notes.length === 0) return;
  draft['spec'] = {
    ...spec,
    ...(containers === undefined ? {} : { containers }),
    ...(inits === undefined ? {} : { initContainers: inits }),
  };
  draft['metadata'] = {
    ...metadata,
    annotations: { ...metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` },
  };
};

/** What is measured against one limit. */
interface Measured {
  readonly type: string;
  readonly name: string;
  readonly bound: Quantity;
  readonly request: Quantity | undefined;
  readonly limit: Quantity | undefined;
}

const less = (one: Quantity, other: Quantity): boolean => compareQuantity(one, other) < 0;

const checkMinimum = ({ type, name, bound, request, limit }: Measured): string | undefined => {
  const head = `minimum ${name} usage per ${type} is ${printQuantity(bound)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  if (less(request, bound)) return `${head}, but request is ${printQuantity(request)}`;
  return limit !== undefined && less(limit, bound)
    ? `${head}, but limit is ${printQuantity(limit)}`
    : undefined;
};

const checkMaximum = ({ type, name, bound, request, limit }: Measured): string | undefined => {
  const head = `maximum ${name} usage per ${type} is ${printQuantity(bound)}`;
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (less(bound, limit)) return `${head}, but limit is ${printQuantity(limit)}`;
  return request !== undefined && less(bound, request)
    ? `${head}, but request is ${printQuantity(request)}`
    : undefined;
};

const checkMaximumRequest = ({ type, name, bound, request }: Measured): string | undefined => {
  const head = `maximum ${name} usage per ${type} is ${printQuantity(bound)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  return less(bound, request) ? `${head}, but request is ${printQuantity(request)}` : undefined;
};

const checkRatio = ({ type, name, bound, request, limit }: Measured): string | undefined => {
  const head = `${name} max limit to request ratio per ${type} is ${printQuantity(bound)}`;
  if (request === undefined || request.nano === 0n) {
    return `${head}, but no request is specified or request is 0`;
  }
  if (limit === undefined || limit.nano === 0n) return `${head}, but no limit is specified or limit is 0`;
  const ratio = quantityMilli(limit) / quantityMilli(request);
  return ratio * 1000 > quantityMilli(bound)
    ? `${head}, but provided ratio is ${ratio.toFixed(6)}`
    : undefined;
};

type Check = (measured: Measured) => string | undefined;

const runChecks = (
  type: string,
  bounds: ResourceList | undefined,
  requests: ResourceTotals,
  limits: ResourceTotals,
  check: Check,
): string[] =>
  Object.keys(bounds ?? {})
    .sort()
    .flatMap((name) => {
      const measured = {
        type,
        name,
        bound: quantityOf(bounds?.[name]),
        request: requests.get(name),
        limit: limits.get(name),
      };
      return check(measured) ?? [];
    });

const checkItem = (item: LimitRangeItem, requests: ResourceTotals, limits: ResourceTotals): string[] => [
  ...runChecks(item.type, item.min, requests, limits, checkMinimum),
  ...runChecks(item.type, item.max, requests, limits, checkMaximum),
  ...runChecks(item.type, item.maxLimitRequestRatio, requests, limits, checkRatio),
];

const checkPod = (item: LimitRangeItem, pod: Pod): string[] => {
  const spec = pod.spec;
  if (spec === undefined) return [];
  if (item.type === 'Pod') return checkItem(item, sumPodRequests(spec), sumPodLimits(spec));
  if (item.type !== 'Container') return [];
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    checkItem(item, totalsOf(resources?.requests), totalsOf(resources?.limits)),
  );
};

const checkClaim = (item: LimitRangeItem, claim: PersistentVolumeClaim): string[] => {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = totalsOf(claim.spec?.resources?.requests);
  const none: ResourceTotals = new Map();
  return [
    ...runChecks(item.type, item.min, requests, none, checkMinimum),
    ...runChecks(item.type, item.max, requests, none, checkMaximumRequest),
  ];
};

/** Several errors as Go's aggregate prints them. */
const printAll = (errors: readonly string[]): string => {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
};

/** Fills in default requests and limits, then holds pods and claims to a namespace's ranges (plugin/pkg/admission/limitranger). */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/resize', 'persistentvolumeclaims'],
  mutate: (request, context) => {
    if (request.kind.resource !== 'pods' || !applies(request)) return;
    for (const range of rangesOf(request, context)) applyDefaults(request, range);
  },
  validate: (request, context) => {
    if (!applies(request)) return;
    for (const range of rangesOf(request, context)) {
      const errors = (range.spec?.limits ?? []).flatMap((item) =>
        request.kind.resource === 'pods'
          ? checkPod(item, readDraft<Pod>(request.object))
          : checkClaim(item, readDraft<PersistentVolumeClaim>(request.object)),
      );
      if (errors.length > 0) throw refuse(request, printAll(errors));
    }
  },
};

/** Rules of how traffic reaches a service (upstream: pkg/apis/core/validation, 1.36). */

import { type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { portNumber, qualifiedName } from '../../machinery/name-rules.ts';
import { cidrErrors, invalids, oneOf, optionalOneOf } from '../common/field-rules.ts';
import type { Service, ServiceSpec } from '../generated/types.ts';

const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const ADDRESSED = ['ClusterIP', 'NodePort', 'LoadBalancer'];
const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const MAX_TIMEOUT_SECONDS = 86_400;
const ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'";
const ONLY_LOCAL_BALANCERS =
  "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";

const isExternal = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);

const hasHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

const externalErrors = (spec: ServiceSpec): FieldError[] => {
  const field = 'spec.externalTrafficPolicy';
  const { externalTrafficPolicy: policy = '' } = spec;
  if (isExternal(spec)) return oneOf(policy, POLICIES, field);
  return policy === ''
    ? []
    : [invalidValue(field, policy, 'may only be set for externally-accessible services')];
};

const healthPortErrors = (spec: ServiceSpec): FieldError[] => {
  const field = 'spec.healthCheckNodePort';
  const { healthCheckNodePort: port = 0 } = spec;
  if (!hasHealthPort(spec)) return port === 0 ? [] : [invalidValue(field, port, ONLY_LOCAL_BALANCERS)];
  return port === 0 ? [required(field)] : invalids(field, port, portNumber(port));
};

/** Errors of the traffic policies, the health check port and the distribution. */
export const trafficErrors = (spec: ServiceSpec): FieldError[] => {
  const { internalTrafficPolicy: internal, type = '' } = spec;
  return [
    ...externalErrors(spec),
    ...healthPortErrors(spec),
    ...(internal === undefined && ADDRESSED.includes(type) ? [required('spec.internalTrafficPolicy')] : []),
    ...optionalOneOf(internal, POLICIES, 'spec.internalTrafficPolicy'),
    ...optionalOneOf(spec.trafficDistribution, DISTRIBUTIONS, 'spec.trafficDistribution'),
  ];
};

/** The health check port of a balancer that needs one stays. */
export const healthPortChange = (spec: ServiceSpec, old: ServiceSpec): FieldError[] =>
  hasHealthPort(spec) &&
  hasHealthPort(old) &&
  (spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0)
    ? [forbiddenField('spec.healthCheckNodePort', 'field is immutable')]
    : [];

/** Errors of the class of a balancer; on an update (where upstream asks twice) of its change first. */
export const balancerClassErrors = (spec: ServiceSpec, old?: ServiceSpec): FieldError[] => {
  const field = 'spec.loadBalancerClass';
  const { loadBalancerClass: name, type } = spec;
  const errors: FieldError[] = [];
  if (type === 'LoadBalancer' && old?.type === 'LoadBalancer' && old.loadBalancerClass !== name) {
    errors.push(invalidValue(field, name, 'may not change once set'));
  }
  if (name === undefined) return errors;
  if (type === 'LoadBalancer') errors.push(...invalids(field, name, qualifiedName(name)));
  else errors.push(forbiddenField(field, ONLY_BALANCERS));
  return errors;
};

const annotationErrors = (service: Service, old: Service | undefined): FieldError[] => {
  const value = service.metadata.annotations?.[RANGES_ANNOTATION];
  if (value === undefined) return [];
  const field = `metadata.annotations[${RANGES_ANNOTATION}]`;
  const errors = service.spec?.type === 'LoadBalancer' ? [] : [forbiddenField(field, ONLY_BALANCERS)];
  if (old?.metadata.annotations?.[RANGES_ANNOTATION] === value || value.trim() === '') return errors;
  return [
    ...errors,
    ...value
      .trim()
      .split(',')
      .flatMap((range) => cidrErrors(range.trim(), field)),
  ];
};

/** Errors of the ranges a balancer admits, in the field or, without it, in the annotation. */
export const sourceRangeErrors = (service: Service, old: Service | undefined): FieldError[] => {
  const ranges = service.spec?.loadBalancerSourceRanges ?? [];
  if (ranges.length === 0) return annotationErrors(service, old);
  const field = 'spec.LoadBalancerSourceRanges';
  const kept = (old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  return [
    ...(service.spec?.type === 'LoadBalancer' ? [] : [forbiddenField(field, ONLY_BALANCERS)]),
    ...ranges.flatMap((range, index) => cidrErrors(range.trim(), `${field}[${index}]`, kept)),
  ];
};

/** Errors of whether a balancer gets node ports. */
export const nodePortChoiceErrors = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): FieldError[] => {
  if (type === 'LoadBalancer') {
    return allocateLoadBalancerNodePorts === undefined ? [required('allocateLoadBalancerNodePorts')] : [];
  }
  return allocateLoadBalancerNodePorts === undefined
    ? []
    : [forbiddenField('spec.allocateLoadBalancerNodePorts', ONLY_BALANCERS)];
};

const timeoutErrors = ({ sessionAffinityConfig }: ServiceSpec): FieldError[] => {
  const field = 'spec.sessionAffinityConfig';
  if (sessionAffinityConfig === undefined) {
    return [required(field, 'when session affinity type is ClientIP')];
  }
  const { clientIP } = sessionAffinityConfig;
  if (clientIP === undefined)
    return [required(`${field}.clientIP`, 'when session affinity type is ClientIP')];
  const { timeoutSeconds } = clientIP;
  if (timeoutSeconds === undefined) {
    return [required(`${field}.clientIP.timeoutSeconds`, 'when session affinity type is ClientIP')];
  }
  if (timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS) return [];
  const detail = `must be greater than 0 and less than ${MAX_TIMEOUT_SECONDS}`;
  return [invalidValue(`${field}.clientIP.timeoutSeconds`, timeoutSeconds, detail)];
};

/** Errors of session affinity and its settings. */
export const affinityErrors = (spec: ServiceSpec): FieldError[] => {
  const errors = oneOf(spec.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity');
  if (spec.sessionAffinity === 'ClientIP') errors.push(...timeoutErrors(spec));
  else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    const detail = 'must not be set when session affinity is None';
    errors.push(forbiddenField('spec.sessionAffinityConfig', detail));
  }
  return errors;
};

/** Rules of services (upstream: ValidateService, pkg/apis/core/validation, 1.36). */

import { type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { endpointIpErrors } from '../common/address-validation.ts';
import { fieldsOf } from '../common/draft.ts';
import { invalids, ipErrors, labelErrors, oneOf } from '../common/field-rules.ts';
import type { Service, ServiceSpec } from '../generated/types.ts';
import { balancerStatusErrors } from './balancer-status-validation.ts';
import { addressChange } from './service-address-change.ts';
import { serviceAddressErrors } from './service-address-rules.ts';
import { portClashes, servicePortErrors } from './service-port-validation.ts';
import {
  affinityErrors,
  balancerClassErrors,
  healthPortChange,
  nodePortChoiceErrors,
  sourceRangeErrors,
  trafficErrors,
} from './service-traffic-validation.ts';

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None';

const annotationErrors = ({ metadata }: KubeObject): FieldError[] => {
  const mode = metadata.annotations?.[MODE];
  const hints = metadata.annotations?.[HINTS];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const detail = `must match annotations[${HINTS}] when both are specified`;
  return [invalidValue(`metadata.annotations[${MODE}]`, mode, detail)];
};

const externalNameErrors = (spec: ServiceSpec): FieldError[] => {
  const never = 'may not be set for ExternalName services';
  const errors: FieldError[] = [];
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbiddenField('spec.clusterIPs', never));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbiddenField('spec.ipFamilies', never));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', never));
  // A trailing dot marks the name as fully qualified.
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  errors.push(
    ...(name === ''
      ? [required('spec.externalName')]
      : invalids('spec.externalName', name, dns1123Subdomain(name))),
  );
  return errors;
};

const typeSpecificErrors = (spec: ServiceSpec): FieldError[] => {
  const { type = '' } = spec;
  if (type === 'ExternalName') return externalNameErrors(spec);
  if ((type !== 'LoadBalancer' && type !== 'NodePort') || !isHeadless(spec)) return [];
  return [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)];
};

const externalIpErrors = (ips: readonly string[], kept: readonly string[]): FieldError[] =>
  ips.flatMap((ip, index) => {
    const field = `spec.externalIPs[${index}]`;
    const errors = ipErrors(ip, field, kept);
    return errors.length > 0 ? errors : endpointIpErrors(ip, field);
  });

const check = (service: Service, old?: Service): FieldError[] => {
  const spec = service.spec ?? {};
  const { ports = [] } = spec;
  const needsPorts = !isHeadless(spec) && spec.type !== 'ExternalName';
  return [
    ...annotationErrors(service),
    ...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []),
    ...typeSpecificErrors(spec),
    ...servicePortErrors(ports),
    ...labelErrors(spec.selector, 'spec.selector'),
    ...affinityErrors(spec),
    ...serviceAddressErrors(
      (fieldsOf(service)['spec'] ?? {}) as Record<string, unknown>,
      old && ((fieldsOf(old)['spec'] ?? {}) as Record<string, unknown>),
    ),
    ...externalIpErrors(spec.externalIPs ?? [], old?.spec?.externalIPs ?? []),
    ...oneOf(spec.type, TYPES, 'spec.type'),
    ...portClashes(spec),
    ...sourceRangeErrors(service, old),
    ...nodePortChoiceErrors(spec),
    ...balancerClassErrors(spec),
    ...trafficErrors(spec),
  ];
};

/** Errors of a new service. */
export const validateService = (object: KubeObject): FieldError[] => check(object as Service);

/** Errors of a changed service. */
export const validateServiceUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const service = object as Service;
  const old = before as Service;
  const spec = service.spec ?? {};
  const oldSpec = old.spec ?? {};
  return [
    ...addressChange(spec, oldSpec),
    ...balancerClassErrors(spec, oldSpec),
    ...healthPortChange(spec, oldSpec),
    ...check(service, old),
  ];
};

/** Errors of a changed status: the addresses of the load balancer. */
export const validateServiceStatus = (object: KubeObject, before: KubeObject): FieldError[] => {
  const { spec, status } = object as Service;
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    const detail = "may only be used when `spec.type` is 'LoadBalancer'";
    return [forbiddenField('status.loadBalancer.ingress', detail)];
  }
  return balancerStatusErrors(ingress, (before as Service).status?.loadBalancer?.ingress, true);
};

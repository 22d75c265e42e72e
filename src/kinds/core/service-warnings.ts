/** Warnings about services (upstream: pkg/api/service/warnings.go, 1.36). */

import type { KubeObject } from '../../machinery/object.ts';
import { addressWarnings, prefixWarnings } from '../common/address-warnings.ts';
import type { Service } from '../generated/types.ts';

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

const ignoredWarnings = ({ spec = {} }: Service): string[] => {
  const external = (spec.externalIPs?.length ?? 0) > 0;
  if (spec.type === 'ExternalName') {
    return external ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : [];
  }
  if (spec.clusterIP !== 'None') return [];
  return [
    ...(spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(external ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(spec.sessionAffinity !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
  ];
};

/** Warnings about a service, new or changed. */
export const serviceWarnings = (object: KubeObject): string[] => {
  const service = object as Service;
  const { spec = {}, metadata } = service;
  const warnings: string[] = [];
  if (metadata.annotations?.[HINTS] !== undefined) {
    warnings.push(`annotation ${HINTS} is deprecated, please use ${MODE} instead`);
  }
  const addressed = spec.type !== 'ExternalName' && spec.clusterIP !== 'None';
  for (const [index, address] of (addressed ? (spec.clusterIPs ?? []) : []).entries()) {
    warnings.push(...addressWarnings(`spec.clusterIPs[${index}]`, address));
  }
  if (addressed && (spec.externalIPs?.length ?? 0) > 0) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    warnings.push(...addressWarnings(`spec.externalIPs[${index}]`, address));
  }
  if (spec.loadBalancerIP) warnings.push(...addressWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
  for (const [index, prefix] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...prefixWarnings(`spec.loadBalancerSourceRanges[${index}]`, prefix));
  }
  warnings.push(...ignoredWarnings(service));
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
};

/**
 * What an update may change about a service's addresses and families: a second one may come and go, the first one
 * stays (upstream: validateUpgradeDowngradeClusterIPs and ...IPFamilies, pkg/apis/core/validation, 1.36).
 */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { ServiceSpec } from '../generated/types.ts';

const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None';

const STAYS = 'may not change once set';

const releaseErrors = (spec: ServiceSpec, left: number, what: string): FieldError[] => {
  if (left !== 1 || spec.ipFamilyPolicy === 'SingleStack') return [];
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail)];
};

const firstChange = (
  field: string,
  next: readonly string[],
  old: readonly string[],
  shown: readonly string[],
): FieldError[] =>
  old.length > 0 && next.length > 0 && next[0] !== old[0] ? [invalidValue(`${field}[0]`, shown, STAYS)] : [];

const ipErrors = (spec: ServiceSpec, next: readonly string[], old: readonly string[]): FieldError[] => {
  const field = 'spec.clusterIPs';
  if (old.length === next.length) {
    return old.flatMap((ip, i) => (ip === next[i] ? [] : [invalidValue(`${field}[${i}]`, next, STAYS)]));
  }
  if (old.length < next.length) return firstChange(field, next, old, next);
  return [
    ...(next.length === 0 ? [invalidValue(`${field}[0]`, null, 'primary clusterIP can not be unset')] : []),
    ...firstChange(field, next, old, next),
    ...releaseErrors(spec, next.length, 'clusterIP'),
  ];
};

const familyErrors = (spec: ServiceSpec, next: readonly string[], old: readonly string[]): FieldError[] => {
  const field = 'spec.ipFamilies';
  const ips = spec.clusterIPs ?? [];
  if (old.length === next.length) {
    // Upstream names the first family whichever changed.
    return old.flatMap((family, i) => (family === next[i] ? [] : [invalidValue(`${field}[0]`, next, STAYS)]));
  }
  if (old.length < next.length) return firstChange(field, next, old, ips);
  return [
    ...(ips.length === 0 ? [invalidValue(`${field}[0]`, next, 'primary ipFamily can not be unset')] : []),
    ...firstChange(field, next, old, ips),
    ...releaseErrors(spec, next.length, 'ipFamily'),
  ];
};

/** Errors of changed addresses and families; a service that is or was an external name may change freely. */
export const addressChange = (spec: ServiceSpec, old: ServiceSpec): FieldError[] => {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const headless = isHeadless(spec);
  const wasHeadless = isHeadless(old);
  if (headless && wasHeadless) return [];
  const errors = ipErrors(spec, spec.clusterIPs ?? [], old.clusterIPs ?? []);
  if (headless !== wasHeadless) return errors;
  return [...errors, ...familyErrors(spec, spec.ipFamilies ?? [], old.ipFamilies ?? [])];
};

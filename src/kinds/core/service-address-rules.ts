/**
 * Rules of the linked address fields of a service (upstream: ValidateServiceClusterIPsRelatedFields, 1.36). They
 * run before addresses are allocated, and again with the rest of a service's validation.
 */

import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { familyOf, parseIp, strictIp } from '../../machinery/ip.ts';
import type { Draft } from '../../machinery/object.ts';
import { text } from '../common/draft.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const NONE = 'None';

/** The texts in a list field; empty when there is no list. */
export const textsOf = (draft: Draft, field: string): readonly string[] => {
  const value = draft[field];
  return Array.isArray(value) ? value.map(String) : [];
};

/** The family of an address text; `undefined` when it is no address. */
export const familyOfText = (address: string): 'IPv4' | 'IPv6' | undefined => {
  const parsed = parseIp(address, { leadingZeros: true });
  return parsed && familyOf(parsed);
};

const syncErrors = (spec: Draft): FieldError[] => {
  const ip = text(spec, 'clusterIP');
  const ips = textsOf(spec, 'clusterIPs');
  if (ip === '') {
    if (ips.length === 0) return [];
    return [invalidValue('spec.clusterIPs', ips, 'must be empty when `clusterIP` is not specified')];
  }
  if (ips.length === 0) return [required('spec.clusterIPs')];
  return ips[0] === ip ? [] : [invalidValue('spec.clusterIPs', ips, 'first value must match `clusterIP`')];
};

const familyErrors = (spec: Draft): FieldError[] => {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, family] of textsOf(spec, 'ipFamilies').entries()) {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) errors.push(notSupported(field, family, FAMILIES));
    if (seen.has(family)) errors.push(duplicate(field, family));
    seen.add(family);
  }
  return errors;
};

const policyErrors = (spec: Draft): FieldError[] => {
  const policy = spec['ipFamilyPolicy'];
  if (typeof policy !== 'string' || POLICIES.includes(policy)) return [];
  return [notSupported('spec.ipFamilyPolicy', policy, POLICIES)];
};

const badAddresses = (ips: readonly string[], kept: readonly string[]): FieldError[] => {
  const errors: FieldError[] = [];
  for (const [index, ip] of ips.entries()) {
    if (index === 0 && ip === NONE) {
      if (ips.length > 1)
        errors.push(invalidValue('spec.clusterIPs', ips, "'None' must be the first and only value"));
      continue;
    }
    if (kept.includes(ip)) continue;
    errors.push(...strictIp(ip).map((message) => invalidValue(`spec.clusterIPs[${index}]`, ip, message)));
  }
  return errors;
};

const stackErrors = (ips: readonly string[], families: readonly string[]): FieldError[] => {
  const errors: FieldError[] = [];
  if (ips.length > 1 && (ips.length > 2 || familyOfText(ips[0] ?? '') === familyOfText(ips[1] ?? ''))) {
    errors.push(invalidValue('spec.clusterIPs', ips, 'may specify no more than one IP for each IP family'));
  }
  if (ips[0] === NONE) return errors;
  for (const [index, ip] of ips.entries()) {
    const family = families[index];
    const actual = familyOfText(ip);
    if (family === undefined || !FAMILIES.includes(family) || family === actual) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalidValue(`spec.clusterIPs[${index}]`, ip, detail));
  }
  return errors;
};

/** All errors of the address fields, in upstream's order; `oldSpec` is the stored spec on an update. */
export const serviceAddressErrors = (spec: Draft, oldSpec?: Draft): FieldError[] => {
  if (spec['type'] === 'ExternalName') return [];
  const ips = textsOf(spec, 'clusterIPs');
  const errors = [...syncErrors(spec), ...familyErrors(spec), ...policyErrors(spec)];
  const bad = badAddresses(ips, oldSpec ? textsOf(oldSpec, 'clusterIPs') : []);
  errors.push(...bad);
  if (ips.length > 2) errors.push(invalidValue('spec.clusterIPs', ips, 'may only hold up to 2 values'));
  if (bad.length > 0) return errors;
  return [...errors, ...stackErrors(ips, textsOf(spec, 'ipFamilies'))];
};

/** Which address families a service has (upstream: initIPFamilyFields, service/storage/alloc.go, 1.36; IPv4 only). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import type { Draft } from '../../machinery/object.ts';
import { invalid } from '../../machinery/status.ts';
import { child, sameValue, sizeOf, text } from '../common/draft.ts';
import { familyOfText, serviceAddressErrors, textsOf } from './service-address-rules.ts';

/** Ends a write with the errors there are. */
export const refuse = (draft: Draft, errors: readonly FieldError[]): void => {
  if (errors.length === 0) return;
  throw invalid({ group: '', kind: 'Service' }, text(child(draft, 'metadata'), 'name'), errors);
};

const POLICY = 'ipFamilyPolicy';
const LISTS = ['clusterIPs', 'ipFamilies'] as const;

const CALLED = {
  clusterIPs: { one: 'cluster IP', many: 'cluster IPs' },
  ipFamilies: { one: 'IP family', many: 'IP families' },
} as const;

const policyError = (spec: Draft, detail: string): FieldError =>
  invalidValue(`spec.${POLICY}`, spec[POLICY], detail);

/** A service that prefers two stacks and stays as it was is not brought in line with the cluster. */
const staysPreferring = (spec: Draft, oldSpec: Draft): boolean =>
  spec[POLICY] === 'PreferDualStack' &&
  (oldSpec[POLICY] ?? 'PreferDualStack') === 'PreferDualStack' &&
  spec['type'] === oldSpec['type'] &&
  LISTS.every((field) => sameValue(textsOf(spec, field), textsOf(oldSpec, field)));

/** A headless service without selector is the one place where both families are allowed. */
const isFree = (spec: Draft): boolean => text(spec, 'clusterIP') === 'None' && sizeOf(spec['selector']) === 0;

const policyOf = (spec: Draft, oldSpec: Draft | undefined): unknown =>
  oldSpec?.[POLICY] ?? (isFree(spec) ? 'RequireDualStack' : 'SingleStack');

/** An update that asks for one stack gives the second one up; another may not leave it out. */
const release = (spec: Draft, oldSpec: Draft): FieldError[] => {
  const errors: FieldError[] = [];
  for (const field of LISTS) {
    const [now, before] = [textsOf(spec, field), textsOf(oldSpec, field)];
    if (spec[POLICY] === 'SingleStack') {
      if (now.length > 1 && sameValue(now, before)) spec[field] = now.slice(0, 1);
    } else if (now.length > 0 && now.length < before.length) {
      errors.push(policyError(spec, `must be 'SingleStack' to release the secondary ${CALLED[field].one}`));
    }
  }
  return errors;
};

const singleStackErrors = (spec: Draft): FieldError[] => {
  if (spec[POLICY] !== 'SingleStack') return [];
  return LISTS.filter((field) => textsOf(spec, field).length === 2).map((field) => {
    const when = `when multiple ${CALLED[field].many} are specified`;
    return policyError(spec, `must be 'RequireDualStack' or 'PreferDualStack' ${when}`);
  });
};

/** Takes families that are not told from the addresses. */
const inferFamilies = (spec: Draft): FieldError[] => {
  const families = [...textsOf(spec, 'ipFamilies')];
  const ips = textsOf(spec, 'clusterIPs');
  if (ips[0] === 'None') return [];
  const errors: FieldError[] = [];
  for (const [index, ip] of ips.entries()) {
    if (index < families.length) continue;
    const family = familyOfText(ip) ?? 'IPv4';
    if (family === 'IPv4') families.push(family);
    else
      errors.push(
        invalidValue(`spec.clusterIPs[${index}]`, ips, `${family} is not configured on this cluster`),
      );
  }
  if (families.length > 0) spec['ipFamilies'] = families;
  return errors;
};

const fillFree = (spec: Draft): void => {
  const families = [...textsOf(spec, 'ipFamilies')];
  if (families.length === 0) families.push('IPv4');
  if (families.length < 2 && spec[POLICY] !== 'SingleStack') {
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
  spec['ipFamilies'] = families;
};

const clusterErrors = (spec: Draft): FieldError[] => {
  const errors: FieldError[] = [];
  if (spec[POLICY] === 'RequireDualStack') {
    errors.push(policyError(spec, 'this cluster is not configured for dual-stack services'));
  }
  for (const [index, family] of textsOf(spec, 'ipFamilies').entries()) {
    if (family === 'IPv6')
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  }
  return errors;
};

/** Fills policy and families of a written service, or refuses what this cluster cannot give. */
export const fillFamilies = (draft: Draft, spec: Draft, oldSpec: Draft | undefined): void => {
  if (spec['type'] === 'ExternalName' || (oldSpec && staysPreferring(spec, oldSpec))) return;
  if (typeof spec[POLICY] !== 'string') spec[POLICY] = policyOf(spec, oldSpec);
  refuse(draft, serviceAddressErrors(spec, oldSpec));
  const released = oldSpec ? release(spec, oldSpec) : [];
  refuse(draft, [...released, ...singleStackErrors(spec), ...inferFamilies(spec)]);
  if (isFree(spec)) {
    fillFree(spec);
    return;
  }
  refuse(draft, clusterErrors(spec));
  if (textsOf(spec, 'ipFamilies').length === 0) spec['ipFamilies'] = ['IPv4'];
};

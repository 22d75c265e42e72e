/** Rules of service CIDRs (upstream: pkg/apis/networking/validation, 1.36). */

import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import { familyOf, parseCidr } from '../../machinery/ip.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { FIELD_IS_IMMUTABLE } from '../common/checks.ts';
import { canonicalCidrErrors } from '../common/field-rules.ts';
import type { ServiceCIDR } from '../generated/types.ts';

const FIELD = 'spec.cidrs';

const familyOfCidr = (text: string): string | undefined => {
  const prefix = parseCidr(text, { leadingZeros: true });
  return prefix && familyOf(prefix.address);
};

const check = (cidrs: readonly string[]): FieldError[] => {
  if (cidrs.length === 0) return [required(FIELD, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(FIELD, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) => canonicalCidrErrors(cidr, `${FIELD}[${index}]`));
  const [first, second] = cidrs.map(familyOfCidr);
  if (cidrs.length === 2 && first !== undefined && first === second) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalidValue(FIELD, cidrs, detail));
  }
  return errors;
};

const cidrsOf = (object: KubeObject): readonly string[] => (object as ServiceCIDR).spec?.cidrs ?? [];

/** Errors of a new range. */
export const validateServiceCidr = (object: KubeObject): FieldError[] => check(cidrsOf(object));

/** Errors of a changed range: a second prefix may be added, nothing else. */
export const validateServiceCidrUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const cidrs = cidrsOf(object);
  const old = cidrsOf(before);
  if (cidrs.length === old.length) {
    return old.flatMap((cidr, index) =>
      cidr === cidrs[index] ? [] : [invalidValue(`${FIELD}[${index}]`, cidrs[index], FIELD_IS_IMMUTABLE)],
    );
  }
  if (old.length !== 1 || cidrs.length !== 2) {
    return [invalidValue(FIELD, (object as ServiceCIDR).spec?.cidrs, FIELD_IS_IMMUTABLE)];
  }
  const errors = cidrs[0] === old[0] ? [] : [invalidValue(`${FIELD}[0]`, cidrs[0], FIELD_IS_IMMUTABLE)];
  return [...errors, ...check(cidrs)];
};

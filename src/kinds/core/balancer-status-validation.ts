/** Rules of the addresses load balancers report (upstream: ValidateLoadBalancerStatus, 1.36). */

import { type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { parseIp } from '../../machinery/ip.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import { invalids, ipErrors, optionalOneOf } from '../common/field-rules.ts';

/** One address of a balancer; ingresses have no mode. */
export interface BalancerIngress {
  readonly ip?: string;
  readonly ipMode?: string;
  readonly hostname?: string;
}

const modeErrors = (ip: string | undefined, mode: string | undefined, field: string): FieldError[] => {
  if (mode === undefined) return ip ? [required(field, 'must be specified when `ip` is set')] : [];
  if (!ip) return [forbiddenField(field, 'may not be specified when `ip` is not set')];
  return optionalOneOf(mode, ['Proxy', 'VIP'], field);
};

/** Errors of reported addresses; an address that was there before is not judged again. */
export const balancerStatusErrors = (
  ingress: readonly BalancerIngress[] | undefined,
  old: readonly BalancerIngress[] | undefined,
  withModes: boolean,
): FieldError[] => {
  const kept = (old ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return (ingress ?? []).flatMap(({ ip, ipMode, hostname }, index) => {
    const field = `status.loadBalancer.ingress[${index}]`;
    const errors: FieldError[] = ip ? ipErrors(ip, `${field}.ip`, kept) : [];
    if (withModes) errors.push(...modeErrors(ip, ipMode, `${field}.ipMode`));
    if (!hostname) return errors;
    errors.push(...invalids(`${field}.hostname`, hostname, dns1123Subdomain(hostname)));
    if (parseIp(hostname, { leadingZeros: true })) {
      errors.push(invalidValue(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
    return errors;
  });
};

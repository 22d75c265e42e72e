/** Rules of ingresses (upstream: pkg/apis/networking/validation, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import { parseIp } from '../../machinery/ip.ts';
import { dns1123Subdomain, wildcardSubdomain } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkRule, checkSubdomain, type Errors } from '../common/checks.ts';
import { balancerStatusErrors } from '../core/balancer-status-validation.ts';
import type { Ingress, IngressRule, IngressTLS } from '../generated/types.ts';
import { checkBackend, checkPaths } from './ingress-path-validation.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** What an update may keep because it was stored before the rule. */
interface Leniency {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

const STRICT: Leniency = { secretNames: false, wildcardRules: false };

const checkHostName = (errors: Errors, field: string, host: string): void =>
  checkRule(errors, field, host, host.includes('*') ? wildcardSubdomain(host) : dns1123Subdomain(host));

const checkRuleValue = (errors: Errors, field: string, { http }: IngressRule): void => {
  if (http) checkPaths(errors, `${field}.http.paths`, http.paths);
};

const checkIngressRule =
  (leniency: Leniency) =>
  (errors: Errors, field: string, rule: IngressRule): void => {
    const { host = '' } = rule;
    if (host !== '') {
      if (parseIp(host, { leadingZeros: true })) {
        errors.push(invalidValue(`${field}.host`, host, 'must be a DNS name, not an IP address'));
      }
      checkHostName(errors, `${field}.host`, host);
    }
    if (!host.includes('*') || !leniency.wildcardRules) checkRuleValue(errors, field, rule);
  };

const checkTls =
  (leniency: Leniency) =>
  (errors: Errors, field: string, { hosts, secretName = '' }: IngressTLS): void => {
    checkEach(errors, `${field}.hosts`, hosts, checkHostName);
    if (!leniency.secretNames && secretName !== '') checkSubdomain(errors, `${field}.secretName`, secretName);
  };

const check = ({ spec = {} }: Ingress, leniency: Leniency): FieldError[] => {
  const errors: FieldError[] = [];
  const { rules = [], defaultBackend, tls, ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    const value = spec.rules === undefined ? null : [];
    errors.push(invalidValue('spec', value, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) checkBackend(errors, 'spec.defaultBackend', defaultBackend);
  checkEach(errors, 'spec.rules', rules, checkIngressRule(leniency));
  checkEach(errors, 'spec.tls', tls, checkTls(leniency));
  if (ingressClassName !== undefined) checkSubdomain(errors, 'spec.ingressClassName', ingressClassName);
  return errors;
};

/** Errors of a new ingress. */
export const validateIngress = (object: KubeObject): FieldError[] => {
  const ingress = object as Ingress;
  const errors = check(ingress, STRICT);
  const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION];
  const name = ingress.spec?.ingressClassName;
  if (annotation !== undefined && name !== undefined && annotation !== name) {
    const detail = 'must match `ingressClassName` when both are specified';
    errors.push(invalidValue(`annotations.${CLASS_ANNOTATION}`, annotation, detail));
  }
  return errors;
};

const leniencyOf = ({ spec = {} }: Ingress): Leniency => ({
  secretNames: (spec.tls ?? []).some(
    ({ secretName }) =>
      secretName !== undefined && secretName !== '' && dns1123Subdomain(secretName).length > 0,
  ),
  wildcardRules: (spec.rules ?? []).some((rule) => {
    const errors: FieldError[] = [];
    if (rule.host?.includes('*')) checkRuleValue(errors, '', rule);
    return errors.length > 0;
  }),
});

/** Errors of a changed ingress. */
export const validateIngressUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  check(object as Ingress, leniencyOf(old as Ingress));

/** Errors of a changed status. */
export const validateIngressStatus = (object: KubeObject, old: KubeObject): FieldError[] =>
  balancerStatusErrors(
    (object as Ingress).status?.loadBalancer?.ingress,
    (old as Ingress).status?.loadBalancer?.ingress,
    false,
  );

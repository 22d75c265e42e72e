/** Rules of network policies (upstream: pkg/apis/networking/validation, 1.36). */

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { cidrContains, type IpPrefix, networkOf, parseCidr } from '../../machinery/ip.ts';
import { portName, portNumber } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkRule, type Errors } from '../common/checks.ts';
import { cidrErrors } from '../common/field-rules.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../generated/types.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

const checkNumber = (errors: Errors, field: string, value: number): void => {
  for (const message of portNumber(value)) errors.push(invalidValue(field, value, message));
};

const checkPortRange = (errors: Errors, field: string, { port, endPort }: NetworkPolicyPort): void => {
  const end = `${field}.endPort`;
  if (port === undefined) {
    if (endPort === undefined) return;
    errors.push(invalidValue(end, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'string') {
    if (endPort !== undefined) {
      errors.push(invalidValue(end, endPort, 'may not be specified when `port` is non-numeric'));
    }
    checkRule(errors, `${field}.port`, port, portName(port));
  } else {
    checkNumber(errors, `${field}.port`, port);
    if (endPort === undefined) return;
    // Upstream shows the port here, not the end port.
    if (endPort < port) errors.push(invalidValue(end, port, 'must be greater than or equal to `port`'));
    checkNumber(errors, end, endPort);
  }
};

const checkPort = (errors: Errors, field: string, port: NetworkPolicyPort): void => {
  const { protocol } = port;
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  }
  checkPortRange(errors, field, port);
};

const lies = (inner: IpPrefix, outer: IpPrefix): boolean =>
  cidrContains(outer, networkOf(inner)) && outer.bits < inner.bits;

const checkBlock = (errors: Errors, field: string, block: IPBlock, kept: readonly string[]): void => {
  const { cidr = '', except } = block;
  if (cidr === '') {
    errors.push(required(`${field}.cidr`));
    return;
  }
  errors.push(...cidrErrors(cidr, `${field}.cidr`, kept));
  const outer = parseCidr(cidr, { leadingZeros: true });
  if (!outer) return;
  checkEach(errors, `${field}.except`, except, (found, path, text) => {
    found.push(...cidrErrors(text, path, kept));
    const inner = parseCidr(text, { leadingZeros: true });
    if (inner && !lies(inner, outer)) {
      found.push(invalidValue(path, text, 'must be a strict subset of `cidr`'));
    }
  });
};

const checkPeer =
  (kept: readonly string[]) =>
  (errors: Errors, field: string, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): void => {
    checkLabelSelector(errors, `${field}.podSelector`, podSelector);
    checkLabelSelector(errors, `${field}.namespaceSelector`, namespaceSelector);
    if (ipBlock) checkBlock(errors, `${field}.ipBlock`, ipBlock, kept);
    const selects = podSelector !== undefined || namespaceSelector !== undefined;
    if (!selects && !ipBlock) errors.push(required(field, 'must specify a peer'));
    else if (selects && ipBlock) {
      errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'));
    }
  };

const checkTypes = (errors: Errors, types: readonly string[]): void => {
  if (types.length > POLICY_TYPES.length) {
    errors.push(invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes'));
    return;
  }
  checkEach(errors, 'spec.policyTypes', types, (found, path, type) => {
    if (!POLICY_TYPES.includes(type)) found.push(notSupported(path, type, POLICY_TYPES));
  });
};

const check = ({ spec }: NetworkPolicy, kept: readonly string[]): FieldError[] => {
  const errors: FieldError[] = [];
  checkLabelSelector(errors, 'spec.podSelector', spec?.podSelector);
  checkEach(errors, 'spec.ingress', spec?.ingress, (found, field, { ports, from }) => {
    checkEach(found, `${field}.ports`, ports, checkPort);
    checkEach(found, `${field}.from`, from, checkPeer(kept));
  });
  checkEach(errors, 'spec.egress', spec?.egress, (found, field, { ports, to }) => {
    checkEach(found, `${field}.ports`, ports, checkPort);
    checkEach(found, `${field}.to`, to, checkPeer(kept));
  });
  checkTypes(errors, spec?.policyTypes ?? []);
  return errors;
};

const cidrsOf = ({ spec }: NetworkPolicy): string[] =>
  [...(spec?.ingress ?? []).map(({ from }) => from), ...(spec?.egress ?? []).map(({ to }) => to)]
    .flatMap((peers) => peers ?? [])
    .flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []));

/** Errors of a new policy. */
export const validateNetworkPolicy = (object: KubeObject): FieldError[] => check(object as NetworkPolicy, []);

/** Errors of a changed policy; prefixes that were there before are not judged by newer rules. */
export const validateNetworkPolicyUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  check(object as NetworkPolicy, cidrsOf(old as NetworkPolicy));

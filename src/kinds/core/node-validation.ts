/** Rules of nodes (pkg/apis/core/validation and pkg/registry/core/node, 1.36). */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  internalFieldError,
  invalidValue,
} from '../../machinery/field-error.ts';
import { familyOf, parseCidr, strictCidr } from '../../machinery/ip.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkPositive, checkRule, type Errors, type TextMap } from '../common/checks.ts';
import type { Node } from '../generated/types.ts';
import { checkResourceAmount } from './resource-names.ts';
import { checkTaints } from './taint-validation.ts';

const checkAmounts = (errors: Errors, path: string, list: TextMap | undefined): void => {
  for (const name of Object.keys(list ?? {}).sort()) {
    checkResourceAmount(errors, `${path}.${name}`, name, list?.[name] ?? '');
  }
};

const checkResources = (errors: Errors, node: Partial<Node>): void => {
  checkAmounts(errors, 'status.capacity', node.status?.capacity);
  checkAmounts(errors, 'status.allocatable', node.status?.allocatable);
};

const CIDRS = 'spec.podCIDRs';

const checkCidrs = (errors: Errors, cidrs: readonly string[]): void => {
  cidrs.forEach((cidr, index) => {
    checkRule(errors, `${CIDRS}[${index}]`, cidr, strictCidr(cidr));
  });
  if (cidrs.length < 2) return;
  const parsed = cidrs.map((cidr) => parseCidr(cidr, { leadingZeros: true }));
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) {
    const reason = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`;
    const detail = `invalid PodCIDRs. failed to check with dual stack with error:${reason}`;
    errors.push(internalFieldError(CIDRS, detail));
  }
  const families = new Set(parsed.map((cidr) => cidr && familyOf(cidr.address)));
  if (bad < 0 && cidrs.length === 2 && families.size === 2) return;
  errors.push(invalidValue(CIDRS, cidrs, 'may specify no more than one CIDR for each IP family'));
};

const checkNode = (errors: Errors, node: Partial<Node>): void => {
  // Upstream tells taints at this path.
  checkTaints(errors, 'metadata.taints', node.spec?.taints);
  checkResources(errors, node);
  checkPositive(errors, 'metadata.nodeSwapStatus.capacity', node.status?.nodeInfo?.swap?.capacity);
  checkCidrs(errors, node.spec?.podCIDRs ?? []);
};

/** A new node. */
export const validateNode = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkNode(errors, object as Partial<Node>);
  return errors;
};

const checkAddresses = (errors: Errors, node: Partial<Node>): void => {
  const seen = new Set<string>();
  node.status?.addresses?.forEach(
    ({ type = '', address = '' }: { type?: string; address?: string }, index) => {
      const key = `${type}\n${address}`;
      if (seen.has(key)) {
        errors.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: address }));
      }
      seen.add(key);
    },
  );
};

const checkFixed = (errors: Errors, node: Partial<Node>, old: Partial<Node>): void => {
  const before = old.spec?.podCIDRs ?? [];
  const now = node.spec?.podCIDRs ?? [];
  const detail = 'node updates may not change podCIDR except from "" to valid';
  if (before.length > 0) {
    if (before.length !== now.length) errors.push(forbiddenField(CIDRS, detail));
    else {
      before.forEach((cidr, index) => {
        if (cidr !== now[index]) errors.push(forbiddenField(CIDRS, detail));
      });
    }
  }
  const provider = old.spec?.providerID ?? '';
  if (provider !== '' && provider !== node.spec?.providerID) {
    const text = 'node updates may not change providerID except from "" to valid';
    errors.push(forbiddenField('spec.providerID', text));
  }
};

const checkChange = (errors: Errors, node: Partial<Node>, old: Partial<Node>): void => {
  checkResources(errors, node);
  checkAddresses(errors, node);
  checkFixed(errors, node, old);
  checkTaints(errors, 'metadata.taints', node.spec?.taints);
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    errors.push(forbiddenField('spec.externalID', 'may not be updated'));
  }
};

/** A changed node: upstream judges it as a new one first. */
export const validateNodeUpdate = (object: KubeObject, before: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkNode(errors, object as Partial<Node>);
  checkChange(errors, object as Partial<Node>, before as Partial<Node>);
  return errors;
};

/** A node's status: only the change is judged. */
export const validateNodeStatus = (object: KubeObject, before: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  checkChange(errors, object as Partial<Node>, before as Partial<Node>);
  return errors;
};

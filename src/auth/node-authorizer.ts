/**
 * What a kubelet may do: objects related to its node, and a fixed set of rules for the rest
 * (plugin/pkg/auth/authorizer/node/node_authorizer.go, 1.36). Relations are read from the objects themselves.
 */

import type { Lookup } from '../kinds/define.ts';
import type { Pod } from '../kinds/generated/types.ts';
import { type Attributes, type Decision, isPathRequest, type ResourceAttributes } from './attributes.ts';
import { parseRule } from './default-policy.ts';
import { defaultClusterRoles } from './default-roles.ts';
import type { Identity } from './identity.ts';
import { podReferences } from './pod-references.ts';
import { ruleAllows } from './rules.ts';

/** How the user names of nodes begin. */
export const NODE_USER_PREFIX = 'system:node:';
const LEASE_NAMESPACE = 'kube-node-lease';

/** The node an identity acts for: its name, or `undefined` when it is no node's. */
export const nodeNameOf = (identity: Identity): string | undefined =>
  identity.username.startsWith(NODE_USER_PREFIX) && identity.groups.includes('system:nodes')
    ? identity.username.slice(NODE_USER_PREFIX.length)
    : undefined;

const ALLOW: Decision = { allowed: true, reason: '' };
const pass = (reason = ''): Decision => ({ allowed: false, reason });

const nodeRules = (defaultClusterRoles.find((role) => role.name === 'system:node')?.rules ?? []).map(
  parseRule,
);

/** Whether an object is reachable from the node through pods, claims and volumes. */
type Relation = (lookup: Lookup, node: string, namespace: string, name: string) => boolean;

const podsOn = (lookup: Lookup, node: string, namespace?: string): readonly Pod[] =>
  lookup.list('pods', namespace).filter((pod) => pod.spec?.nodeName === node);

const claimRelated: Relation = (lookup, node, namespace, name) =>
  podsOn(lookup, node, namespace).some((pod) => podReferences(pod).claims.has(name));

const volumeRelated: Relation = (lookup, node, _namespace, name) => {
  const claim = lookup.get('persistentvolumes', '', name)?.spec?.claimRef;
  return claim !== undefined && claimRelated(lookup, node, claim.namespace ?? '', claim.name ?? '');
};

const relations: Readonly<Record<string, Relation>> = {
  secrets: (lookup, node, namespace, name) =>
    podsOn(lookup, node, namespace).some((pod) => podReferences(pod).secrets.has(name)),
  configmaps: (lookup, node, namespace, name) =>
    podsOn(lookup, node, namespace).some((pod) => podReferences(pod).configMaps.has(name)),
  persistentvolumeclaims: claimRelated,
  persistentvolumes: volumeRelated,
  pods: (lookup, node, namespace, name) => lookup.get('pods', namespace, name)?.spec?.nodeName === node,
  serviceaccounts: (lookup, node, namespace, name) =>
    podsOn(lookup, node, namespace).some((pod) => pod.spec?.serviceAccountName === name),
  'volumeattachments.storage.k8s.io': (lookup, node, _namespace, name) =>
    lookup.get('volumeattachments.storage.k8s.io', '', name)?.spec?.nodeName === node,
  'resourceclaims.resource.k8s.io': (lookup, node, namespace, name) =>
    podsOn(lookup, node, namespace).some((pod) =>
      (pod.status?.resourceClaimStatuses ?? []).some((status) => status.resourceClaimName === name),
    ),
  'resourceslices.resource.k8s.io': (lookup, node, _namespace, name) =>
    lookup.get('resourceslices.resource.k8s.io', '', name)?.spec?.nodeName === node,
};

type Question = ResourceAttributes & { readonly key: string };

const related = (lookup: Lookup, node: string, question: Question): Decision => {
  if (!question.name) return pass('No Object name found');
  const found =
    lookup.get('nodes', '', node) !== undefined &&
    relations[question.key]?.(lookup, node, question.namespace ?? '', question.name);
  return found ? ALLOW : pass(`no relationship found between node '${node}' and this object`);
};

const getOnly = (lookup: Lookup, node: string, question: Question): Decision => {
  if (question.verb !== 'get') return pass('can only get individual resources of this type');
  if (question.subresource) return pass('cannot get subresource');
  return related(lookup, node, question);
};

const readNamespaced = (lookup: Lookup, node: string, question: Question): Decision => {
  if (!['get', 'list', 'watch'].includes(question.verb)) return pass('can only read resources of this type');
  if (question.subresource) return pass('cannot read subresource');
  if (!question.namespace) return pass('can only read namespaced object of this type');
  return related(lookup, node, question);
};

const claims = (lookup: Lookup, node: string, question: Question): Decision => {
  if (question.subresource !== 'status') return getOnly(lookup, node, question);
  if (!['update', 'patch'].includes(question.verb)) return pass('can only get/update/patch this type');
  return related(lookup, node, question);
};

const createToken = (lookup: Lookup, node: string, question: Question): Decision => {
  if (question.verb !== 'create' || !question.name) {
    return pass('can only create tokens for individual service accounts');
  }
  if (question.subresource !== 'token') return pass('can only create token subresource of serviceaccount');
  return related(lookup, node, question);
};

const OWN_VERBS = ['get', 'create', 'update', 'patch', 'delete'];

const leases = (_lookup: Lookup, node: string, question: Question): Decision => {
  if (!OWN_VERBS.includes(question.verb)) {
    return pass('can only get, create, update, patch, or delete a node lease');
  }
  if (question.namespace !== LEASE_NAMESPACE) {
    return pass(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  }
  if (question.verb !== 'create' && question.name !== node) {
    return pass('can only access node lease with the same name as the requesting node');
  }
  return ALLOW;
};

const csiNodes = (_lookup: Lookup, node: string, question: Question): Decision => {
  if (!OWN_VERBS.includes(question.verb))
    return pass('can only get, create, update, patch, or delete a CSINode');
  if (question.subresource) return pass('cannot authorize CSINode subresources');
  if (question.verb !== 'create' && question.name !== node) {
    return pass('can only access CSINode with the same name as the requesting node');
  }
  return ALLOW;
};

/** Whether the request's field selector pins a field to the node (`spec.nodeName=n`). */
const selects = (question: Question, field: string, node: string): boolean =>
  (question.fieldSelector ?? '').split(',').some((term) => {
    const [key = '', value = ''] = term.split(/==?/);
    return key.trim() === field && value.trim() === node;
  });

const resourceSlices = (lookup: Lookup, node: string, question: Question): Decision => {
  if (question.subresource) return pass('cannot authorize ResourceSlice subresources');
  switch (question.verb) {
    case 'create':
      return ALLOW;
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related(lookup, node, question);
    case 'watch':
    case 'list':
    case 'deletecollection':
      return selects(question, 'nodeName', node)
        ? ALLOW
        : pass('can only list/watch/deletecollection resourceslices with nodeName field selector');
    default:
      return pass(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      );
  }
};

const nodes = (_lookup: Lookup, node: string, question: Question): Decision => {
  if (question.subresource === 'status') {
    return ['update', 'patch'].includes(question.verb) ? ALLOW : pass();
  }
  if (question.subresource) return pass();
  if (['create', 'update', 'patch'].includes(question.verb)) return ALLOW;
  if (!['get', 'list', 'watch'].includes(question.verb)) return pass();
  if (question.name === node) return ALLOW;
  return question.name
    ? pass(`node '${node}' cannot read '${question.name}', only its own Node object`)
    : pass(`node '${node}' cannot read all nodes, only its own Node object`);
};

const pods = (lookup: Lookup, node: string, question: Question): Decision => {
  if (question.subresource === 'status') {
    return ['update', 'patch'].includes(question.verb) ? ALLOW : pass();
  }
  if (question.subresource === 'eviction') return question.verb === 'create' ? ALLOW : pass();
  if (question.subresource) return pass();
  switch (question.verb) {
    case 'get':
      return getOnly(lookup, node, question);
    case 'list':
    case 'watch':
      if (selects(question, 'spec.nodeName', node)) return ALLOW;
      if (question.name) return related(lookup, node, question);
      return pass('can only list/watch pods with spec.nodeName field selector');
    case 'create':
    case 'delete':
      return ALLOW;
    default:
      return pass();
  }
};

type Rule = (lookup: Lookup, node: string, question: Question) => Decision;

const rules: Readonly<Record<string, Rule>> = {
  secrets: readNamespaced,
  configmaps: readNamespaced,
  persistentvolumeclaims: claims,
  persistentvolumes: getOnly,
  'resourceclaims.resource.k8s.io': getOnly,
  'volumeattachments.storage.k8s.io': getOnly,
  serviceaccounts: createToken,
  'leases.coordination.k8s.io': leases,
  'csinodes.storage.k8s.io': csiNodes,
  'resourceslices.resource.k8s.io': resourceSlices,
  nodes,
  pods,
};

/** The node authorizer's opinion on a request of node `node`. It never denies. */
export const authorizeNode = (lookup: Lookup, node: string, attributes: Attributes): Decision => {
  if (node === '') return pass(`unknown node for user "${NODE_USER_PREFIX}"`);
  if (!isPathRequest(attributes)) {
    const key = attributes.group === '' ? attributes.resource : `${attributes.resource}.${attributes.group}`;
    const rule = rules[key];
    if (rule) return rule(lookup, node, { ...attributes, key });
  }
  return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? ALLOW : pass();
};

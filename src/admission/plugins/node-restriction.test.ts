import { describe, expect, test } from 'vitest';
import { type Attempt, admit, makeObject, makePod } from '../../../test/support/admission.ts';
import { nodeRestriction } from './node-restriction.ts';

const identity = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
const node = (spec: object = {}, labels: Readonly<Record<string, string>> = {}, name = 'n1') =>
  makeObject('v1', 'Node', { name, labels, uid: 'u1' }, { spec });
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u1', controller: true };
const mirror = (spec: object = {}, metadata: object = {}) =>
  makePod(
    { nodeName: 'n1', ...spec },
    { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner], ...metadata },
  );
const onNode = (nodeName: string) => makePod({ nodeName });

describe('NodeRestriction', () => {
  const rows: readonly [string, Attempt, string | undefined][] = [
    ['a mirror pod of its own', { object: mirror() }, undefined],
    [
      'a mirror pod without owner',
      { object: mirror({}, { ownerReferences: [] }) },
      'node "n1" can only create pods with an owner reference set to itself',
    ],
    [
      'a mirror pod with a config map',
      { object: mirror({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }) },
      'node "n1" can not create pods that reference configmaps',
    ],
    ['a status of its pod', { object: onNode('n1'), old: onNode('n1'), subresource: 'status' }, undefined],
    [
      'a status of another pod',
      { object: onNode('n2'), old: onNode('n2'), subresource: 'status' },
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    ],
    ['a delete of its pod', { old: onNode('n1'), operation: 'DELETE' }, undefined],
    [
      'a delete of another pod',
      { old: onNode('n2'), operation: 'DELETE' },
      'node "n1" can only delete pods with spec.nodeName set to itself',
    ],
    [
      'a binding',
      { object: makePod({}), subresource: 'binding' },
      "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
    ],
    [
      'a claim',
      { object: makeObject('v1', 'PersistentVolumeClaim', { name: 'c', namespace: 'default' }, {}) },
      'may only update PVC status',
    ],
    [
      'a source of configuration',
      { object: node({ configSource: { configMap: {} } }), operation: 'CREATE' },
      'node "n1" is not allowed to create pods with a non-nil configSource',
    ],
    [
      'new taints',
      { object: node({ taints: [{ key: 'a', effect: 'NoSchedule' }] }), old: node() },
      'node "n1" is not allowed to modify taints',
    ],
    [
      'a label of the kubelet',
      { object: node({}, { 'node.kubernetes.io/instance-type': 'x', team: 'a' }), old: node() },
      undefined,
    ],
    [
      'a label of the cluster',
      { object: node({}, { 'kubernetes.io/zone-owner': 'x' }), old: node() },
      'is not allowed to modify labels: kubernetes.io/zone-owner',
    ],
  ];
  test.each(rows)('%s', (_name, attempt, refused) => {
    const outcome = admit([nodeRestriction], { ...attempt, identity }, [node()]);
    expect(outcome.refused?.replace(/^\S+ "\S+" is forbidden: /, '')).toBe(refused);
  });

  test('others are not restricted', () => {
    expect(admit([nodeRestriction], { object: makePod() }).refused).toBeUndefined();
  });
});

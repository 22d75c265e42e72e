import { describe, expect, test } from 'vitest';
import { admit, makeObject, makePod } from '../../../test/support/admission.ts';
import type { Ingress, Node, PersistentVolumeClaim, Pod } from '../../kinds/generated/types.ts';
import { defaultIngressClass, defaultStorageClass } from './default-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

const claim = (spec: Readonly<Record<string, unknown>> = {}) =>
  makeObject('v1', 'PersistentVolumeClaim', { name: 'c', namespace: 'ns' }, { spec });
const storageClass = (name: string, created: string, isDefault = true) =>
  makeObject('storage.k8s.io/v1', 'StorageClass', {
    name,
    creationTimestamp: created,
    annotations: isDefault ? { 'storageclass.kubernetes.io/is-default-class': 'true' } : {},
  });

describe('default classes', () => {
  const classOf = (spec: Readonly<Record<string, unknown>>, ...classes: ReturnType<typeof storageClass>[]) =>
    (admit([defaultStorageClass], { object: claim(spec) }, classes).object as PersistentVolumeClaim).spec
      ?.storageClassName;

  test('a claim takes the newest default class', () => {
    expect(
      classOf({}, storageClass('old', '2025-01-01T00:00:00Z'), storageClass('new', '2026-01-01T00:00:00Z')),
    ).toBe('new');
  });
  test('classes of one second go by name', () => {
    expect(
      classOf({}, storageClass('b', '2025-01-01T00:00:00Z'), storageClass('a', '2025-01-01T00:00:00Z')),
    ).toBe('a');
  });
  test('a claim that names a class, or none, keeps it', () => {
    expect(classOf({ storageClassName: '' }, storageClass('a', '2025-01-01T00:00:00Z'))).toBe('');
    expect(classOf({}, storageClass('a', '2025-01-01T00:00:00Z', false))).toBeUndefined();
  });
  test('an ingress takes the default class unless the old annotation names one', () => {
    const ingressClass = makeObject('networking.k8s.io/v1', 'IngressClass', {
      name: 'nginx',
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    });
    const ingress = (annotations: Readonly<Record<string, string>>) =>
      makeObject(
        'networking.k8s.io/v1',
        'Ingress',
        { name: 'i', namespace: 'ns', annotations },
        { spec: {} },
      );
    const nameOf = (annotations: Readonly<Record<string, string>>) =>
      (admit([defaultIngressClass], { object: ingress(annotations) }, [ingressClass]).object as Ingress).spec
        ?.ingressClassName;
    expect(nameOf({})).toBe('nginx');
    expect(nameOf({ 'kubernetes.io/ingress.class': 'x' })).toBeUndefined();
  });
});

describe('DefaultTolerationSeconds', () => {
  const keys = (tolerations: readonly unknown[]) =>
    (
      admit([defaultTolerationSeconds], { object: makePod({ tolerations }) }).object as Pod
    ).spec?.tolerations?.map(({ key }) => key);
  test('adds what is missing', () => {
    expect(keys([])).toEqual(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);
    expect(
      keys([{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }]),
    ).toHaveLength(2);
  });
  test('a toleration of everything is enough', () => {
    expect(keys([{ operator: 'Exists' }])).toEqual([undefined]);
  });
  test('a toleration of another effect is not', () => {
    expect(keys([{ operator: 'Exists', effect: 'NoSchedule' }])).toHaveLength(3);
  });
});

test('a new node is tainted once', () => {
  const node = makeObject('v1', 'Node', { name: 'n' });
  const once = admit([taintNodesByCondition], { object: node }).object;
  expect((once as Node).spec?.taints).toEqual([
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
  ]);
  expect(admit([taintNodesByCondition], { object: once ?? node }).object).toEqual(once);
});

test('claims and volumes get their finalizer once', () => {
  const once = admit([storageObjectInUseProtection], { object: claim() }).object;
  expect(once?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  expect(admit([storageObjectInUseProtection], { object: once ?? claim() }).object).toEqual(once);
});

test('a binding carries the topology of its node', () => {
  const node = makeObject('v1', 'Node', {
    name: 'n',
    labels: { 'topology.kubernetes.io/zone': 'z', other: 'x' },
  });
  const binding = makeObject(
    'v1',
    'Binding',
    { name: 'p', namespace: 'ns' },
    { target: { kind: 'Node', name: 'n' } },
  );
  const outcome = admit([podTopologyLabels], { object: binding, resource: 'pods', subresource: 'binding' }, [
    node,
  ]);
  expect(outcome.object?.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z' });
});

import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { PodDisruptionBudget } from '../kinds/generated/types.ts';

const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const PODS = '/api/v1/namespaces/default/pods';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A pod owned by a Farm, whose definition may know a scale. */
const make = (subresources: object) => {
  const cluster = new Harness({ settings: { nodes: [] } });
  const names = { plural: 'farms', singular: 'farm', kind: 'Farm', listKind: 'FarmList' };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [{ name: 'v1', served: true, storage: true, schema, subresources }];
  cluster.expect(201, 'POST', CRDS, {
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'farms.example.com' },
      spec: { group: 'example.com', scope: 'Namespaced', names, versions },
    },
  });
  cluster.settle();
  const farms = '/apis/example.com/v1/namespaces/default/farms';
  const farm = {
    apiVersion: 'example.com/v1',
    kind: 'Farm',
    metadata: { name: 'f' },
    spec: { size: { now: 4 } },
  };
  cluster.expect(201, 'POST', farms, { body: farm });
  const { uid } = cluster.get(`${farms}/f`).metadata;
  const owner = { apiVersion: 'example.com/v1', kind: 'Farm', name: 'f', uid, controller: true };
  const metadata = { name: 'p', labels: { app: 'x' }, ownerReferences: [owner] };
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  cluster.expect(201, 'POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata, spec } });
  cluster.expect(201, 'POST', BUDGETS, {
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: '50%', selector: { matchLabels: { app: 'x' } } },
    },
  });
  cluster.settle();
  return cluster.get<PodDisruptionBudget>(`${BUDGETS}/b`).status;
};

test('a share is taken of the scale of a custom controller', () => {
  const scale = { specReplicasPath: '.spec.size.now', statusReplicasPath: '.status.size' };
  expect(make({ scale })).toMatchObject({ expectedPods: 4, desiredHealthy: 2 });
});

test('a custom controller without a scale fails the budget', () => {
  expect(make({})).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [
      {
        status: 'False',
        reason: 'SyncFailed',
        message: 'farms.example.com does not implement the scale subresource',
      },
    ],
  });
});

import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { ConfigMap, Namespace, Node } from '../kinds/generated/types.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const made = (): Harness => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  harness.advance(2_000);
  return harness;
};

const annotate = (harness: Harness, path: string, name: string, value: string | null): void => {
  const body = { metadata: { annotations: { [name]: value } } };
  harness.expect(200, 'PATCH', path, { body, headers: MERGE });
  harness.advance(1_000);
};

describe('what the control plane keeps as it is', () => {
  it.each([['another'], [null]])('is the time a node may keep what it read: %s is put right', (value) => {
    const harness = made();
    annotate(harness, '/api/v1/nodes/node-1', 'node.alpha.kubernetes.io/ttl', value);
    const node = harness.get<Node>('/api/v1/nodes/node-1');
    expect(node.metadata.annotations?.['node.alpha.kubernetes.io/ttl']).toBe('0');
  });

  it('is the description of the authority’s certificate', () => {
    const harness = made();
    const path = '/api/v1/namespaces/default/configmaps/kube-root-ca.crt';
    const before = harness.get<ConfigMap>(path).metadata.annotations;
    annotate(harness, path, 'kubernetes.io/description', null);
    expect(harness.get<ConfigMap>(path).metadata.annotations).toEqual(before);
  });
});

describe('a namespace that is being deleted', () => {
  it('names custom resources as their definition does', () => {
    const harness = made();
    harness.create(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gooses.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gooses, singular: goose, kind: Goose, listKind: GooseList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`);
    harness.advance(5_000);
    harness.expect(201, 'POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pond' } },
    });
    harness.expect(201, 'POST', '/apis/example.com/v1/namespaces/pond/gooses', {
      body: {
        apiVersion: 'example.com/v1',
        kind: 'Goose',
        metadata: { name: 'g', finalizers: ['example.com/feathers'] },
      },
    });
    harness.expect(200, 'DELETE', '/api/v1/namespaces/pond');
    harness.advance(10_000);
    const { status } = harness.get<Namespace>('/api/v1/namespaces/pond');
    const messages = Object.fromEntries((status?.conditions ?? []).map((it) => [it.type, it.message]));
    expect(messages['NamespaceContentRemaining']).toBe(
      'Some resources are remaining: gooses.example.com has 1 resource instances',
    );
    expect(messages['NamespaceFinalizersRemaining']).toBe(
      'Some content in the namespace has finalizers remaining: example.com/feathers in 1 resource instances',
    );
  });
});

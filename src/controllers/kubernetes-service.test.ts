import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const SERVICE = '/api/v1/namespaces/default/services/kubernetes';

const contentOf = (harness: Harness): unknown => {
  const { metadata, ...rest } = harness.get<{ metadata: { labels?: unknown } }>(SERVICE);
  return { ...rest, labels: metadata.labels };
};

test('the service kubernetes is there again ten seconds after it was deleted, as it was', () => {
  const harness = new Harness({ settings: { nodes: [], latency: 'realistic' } });
  const before = contentOf(harness);
  harness.expect(200, 'DELETE', SERVICE);
  harness.advance(9000);
  expect(harness.request('GET', SERVICE).status).toBe(404);
  harness.advance(3000);
  expect(contentOf(harness)).toEqual(before);
});

test('its address is not given to another meanwhile', () => {
  const harness = new Harness({ settings: { nodes: [], latency: 'realistic' } });
  harness.expect(200, 'DELETE', SERVICE);
  const body = { metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } };
  const made = harness.expect(201, 'POST', '/api/v1/namespaces/default/services', { body });
  expect((made as { spec: { clusterIP: string } }).spec.clusterIP).not.toBe('10.0.0.1');
});

import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { ResourceQuota } from '../kinds/generated/types.ts';

const quotaPath = '/api/v1/namespaces/default/resourcequotas/q';
const quota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q' },
  spec: {
    hard: { pods: '2', 'requests.cpu': '1', 'count/deployments.apps': '1', 'count/widgets.example.com': '3' },
  },
};
const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    nodeName: 'none',
    containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '400m' } } }],
  },
});

const make = () => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.settle(10_000);
  const post = (path: string, body: unknown) =>
    harness.request('POST', `/api/v1/namespaces/default/${path}`, { body });
  const used = () => harness.get<ResourceQuota>(quotaPath).status?.used;
  return { harness, post, used };
};

test('a new quota is counted, admission counts up, deletes count down', () => {
  const { harness, post, used } = make();
  expect(post('pods', pod('first')).status).toBe(201);
  expect(post('resourcequotas', quota).status).toBe(201);
  harness.advance(10);
  expect(used()).toEqual({
    pods: '1',
    'requests.cpu': '400m',
    'count/deployments.apps': '0',
    'count/widgets.example.com': '0',
  });
  expect(post('pods', pod('second')).status).toBe(201);
  expect(used()).toMatchObject({ pods: '2', 'requests.cpu': '800m' });
  expect(post('pods', pod('third')).status).toBe(403);
  harness.expect(200, 'DELETE', '/api/v1/namespaces/default/pods/first?gracePeriodSeconds=0');
  harness.advance(10);
  expect(used()).toMatchObject({ pods: '1', 'requests.cpu': '400m' });
});

test('a refused create does not count', () => {
  const { harness, post, used } = make();
  post('resourcequotas', quota);
  harness.advance(10);
  expect(post('pods', pod('one')).status).toBe(201);
  expect(post('pods', pod('one')).status).toBe(409);
  expect(used()).toMatchObject({ pods: '1' });
});

test('a quota that changes is counted anew', () => {
  const { harness, post } = make();
  post('resourcequotas', quota);
  harness.advance(10);
  const current = harness.get<ResourceQuota>(quotaPath);
  harness.expect(200, 'PUT', quotaPath, { body: { ...current, spec: { hard: { configmaps: '9' } } } });
  harness.advance(10);
  expect(harness.get<ResourceQuota>(quotaPath).status).toEqual({
    hard: { configmaps: '9' },
    used: { configmaps: '1' },
  });
});

import { expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { APIService } from '../kinds/generated/types.ts';

const METRICS = '/apis/metrics.k8s.io/v1beta1/nodes';

const apiService = (name: string) => {
  const [version = '', ...group] = name.split('.');
  return `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: ${name}}
spec:
  group: ${group.join('.')}
  version: ${version}
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: default}
`;
};

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: metrics-server}
spec: {selector: {k8s-app: metrics-server}, ports: [{name: https, port: 443, targetPort: https}]}
`;

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server}
spec:
  selector: {matchLabels: {k8s-app: metrics-server}}
  template:
    metadata: {labels: {k8s-app: metrics-server}}
    spec:
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        args: [--secure-port=10250]
        ports: [{name: https, containerPort: 10250}]
        readinessProbe: {httpGet: {path: /readyz, port: https, scheme: HTTPS}, initialDelaySeconds: 20, periodSeconds: 10}
`;

it('the metrics API comes with metrics-server, and says what it waits for', () => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  const available = (name = 'v1beta1.metrics.k8s.io') => {
    const { status } = harness.get<APIService>(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`);
    const condition = status.conditions?.find(({ type }) => type === 'Available');
    return [condition?.status, condition?.reason, condition?.message];
  };
  expect(harness.request('GET', METRICS).status).toBe(404);
  harness.create(apiService('v1beta1.metrics.k8s.io'));
  harness.create(apiService('v1beta1.custom.metrics.k8s.io'));
  harness.advance(1000);
  expect(available()).toEqual([
    'False',
    'ServiceNotFound',
    'service/metrics-server in "default" is not present',
  ]);
  harness.create(SERVICE);
  harness.advance(1000);
  expect(available()).toEqual([
    'False',
    'MissingEndpoints',
    'endpoints for service/metrics-server in "default" have no addresses with port name "https"',
  ]);
  expect(harness.request('GET', METRICS).status).toBe(404);
  harness.create(DEPLOYMENT);
  harness.advance(40_000);
  expect(available()).toEqual(['True', 'Passed', 'all checks passed']);
  expect(available('v1beta1.custom.metrics.k8s.io').slice(0, 2)).toEqual(['False', 'FailedDiscoveryCheck']);
  expect(harness.list(METRICS)).toHaveLength(3);
  harness.expect(200, 'DELETE', '/apis/apps/v1/namespaces/default/deployments/metrics-server');
  harness.advance(60_000);
  expect(available()[1]).toBe('MissingEndpoints');
  expect(harness.request('GET', METRICS).status).toBe(404);
});

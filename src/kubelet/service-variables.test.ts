import { expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const pod = (name: string, more = '') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  restartPolicy: Never
  ${more}
  containers:
  - name: c
    image: busybox
    command: [sh, -c, 'env | grep -v HOSTNAME; echo $(WEB_APP_SERVICE_HOST)']
---
`;

it('a container knows the services that were there when it started', () => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  const log = (name: string): readonly string[] =>
    harness.request('GET', `/api/v1/namespaces/default/pods/${name}/log`).body.trim().split('\n');
  harness.create(pod('early'));
  harness.advance(10_000);
  harness.create(`
apiVersion: v1
kind: Service
metadata: {name: web-app}
spec: {clusterIP: 10.0.0.77, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, ports: [{port: 80}]}
`);
  harness.advance(1000);
  harness.create(pod('late'));
  harness.create(pod('none', 'enableServiceLinks: false'));
  harness.advance(10_000);
  expect(log('early').some((line) => line.startsWith('WEB_APP'))).toBe(false);
  expect(log('early')).toContain('KUBERNETES_SERVICE_HOST=10.0.0.1');
  expect(log('late').filter((line) => /^(WEB_APP|HEADLESS)|^10/.test(line))).toEqual([
    'WEB_APP_SERVICE_HOST=10.0.0.77',
    'WEB_APP_SERVICE_PORT=80',
    'WEB_APP_SERVICE_PORT_HTTP=80',
    'WEB_APP_SERVICE_PORT_DNS=53',
    'WEB_APP_PORT=tcp://10.0.0.77:80',
    'WEB_APP_PORT_80_TCP=tcp://10.0.0.77:80',
    'WEB_APP_PORT_80_TCP_PROTO=tcp',
    'WEB_APP_PORT_80_TCP_PORT=80',
    'WEB_APP_PORT_80_TCP_ADDR=10.0.0.77',
    'WEB_APP_PORT_53_UDP=udp://10.0.0.77:53',
    'WEB_APP_PORT_53_UDP_PROTO=udp',
    'WEB_APP_PORT_53_UDP_PORT=53',
    'WEB_APP_PORT_53_UDP_ADDR=10.0.0.77',
    '10.0.0.77',
  ]);
  expect(log('none').some((line) => line.startsWith('WEB_APP'))).toBe(false);
  expect(log('none')).toContain('KUBERNETES_PORT=tcp://10.0.0.1:443');
});

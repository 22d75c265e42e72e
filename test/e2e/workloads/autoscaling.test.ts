/** The walkthrough of the HorizontalPodAutoscaler, and usage. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

const PHP = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: php-apache}
spec:
  selector: {matchLabels: {run: php-apache}}
  template:
    metadata: {labels: {run: php-apache}}
    spec:
      containers:
      - name: php-apache
        image: registry.k8s.io/hpa-example
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: 500m}, requests: {cpu: 200m}}
---
apiVersion: v1
kind: Service
metadata: {name: php-apache, labels: {run: php-apache}}
spec: {ports: [{port: 80}], selector: {run: php-apache}}
`;

const LOAD = 'while sleep 0.01; do wget -q -O- http://php-apache; done';

/** What matters of metrics-server's own manifest. */
const METRICS_SERVER = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: metrics-server}}
---
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: metrics-server}}
spec: {ports: [{name: https, port: 443, protocol: TCP, targetPort: https}], selector: {k8s-app: metrics-server}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: metrics-server}}
spec:
  selector: {matchLabels: {k8s-app: metrics-server}}
  strategy: {rollingUpdate: {maxUnavailable: 0}}
  template:
    metadata: {labels: {k8s-app: metrics-server}}
    spec:
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        imagePullPolicy: IfNotPresent
        args: [--cert-dir=/tmp, --secure-port=10250, --metric-resolution=15s]
        ports: [{containerPort: 10250, name: https, protocol: TCP}]
        livenessProbe: {httpGet: {path: /livez, port: https, scheme: HTTPS}, periodSeconds: 10, failureThreshold: 3}
        readinessProbe: {httpGet: {path: /readyz, port: https, scheme: HTTPS}, initialDelaySeconds: 20, periodSeconds: 10}
        resources: {requests: {cpu: 100m, memory: 200Mi}}
        securityContext: {readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 1000}
        volumeMounts: [{mountPath: /tmp, name: tmp-dir}]
      priorityClassName: system-cluster-critical
      serviceAccountName: metrics-server
      volumes: [{emptyDir: {}, name: tmp-dir}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io, labels: {k8s-app: metrics-server}}
spec:
  group: metrics.k8s.io
  groupPriorityMinimum: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: kube-system}
  version: v1beta1
  versionPriority: 100
`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast' });
});

const hpa = () => stage.k.ok('get', 'hpa', '--no-headers');

describe('an autoscaler', () => {
  it('follows requests up to seven replicas, as in the walkthrough', async () => {
    const { k } = stage;
    // Time only moves by `advance`: samples and decisions fall at the same distances in every run.
    await stage.pauseClock(true);
    await stage.apply(PHP);
    expect(
      await k.ok('autoscale', 'deployment', 'php-apache', '--cpu-percent=50', '--min=1', '--max=10'),
    ).toBe('horizontalpodautoscaler.autoscaling/php-apache autoscaled\n');
    await stage.advance(30);
    expect(await hpa()).toMatch(/php-apache +Deployment\/php-apache +cpu: 0%\/50% +1 +10 +1 /);
    await k.ok(
      'run',
      'load-generator',
      '--image=busybox:1.28',
      '--restart=Never',
      '--',
      '/bin/sh',
      '-c',
      LOAD,
    );
    await stage.advance(16);
    expect(await hpa()).toMatch(/ cpu: 2\d\d%\/50% /);
    await stage.advance(120);
    expect(await hpa()).toMatch(/ cpu: 4\d%\/50% +1 +10 +7 /);
    expect(await k.ok('get', 'deployment', 'php-apache')).toMatch(/php-apache +7\/7 +7 +7 /);
    expect(await k.ok('describe', 'hpa', 'php-apache')).toMatch(
      /SuccessfulRescale .*New size: 7; reason: cpu resource utilization \(percentage of request\) above target/,
    );
  });

  it('shrinks five minutes after the load has gone', async () => {
    const { k } = stage;
    await k.ok('delete', 'pod', 'load-generator', '--grace-period=0', '--force', '--wait=false');
    await stage.advance(120);
    expect(await hpa()).toMatch(/ cpu: 0%\/50% +1 +10 +7 /);
    await stage.advance(300);
    expect(await hpa()).toMatch(/ cpu: 0%\/50% +1 +10 +1 /);
    expect(await k.ok('describe', 'hpa', 'php-apache')).toContain(
      'New size: 1; reason: All metrics below target',
    );
  });

  it('follows what an annotation says pods use', async () => {
    const { k } = stage;
    await k.ok('annotate', 'namespace', 'default', 'kubicle.dev/cpu=150m');
    await stage.advance(90);
    expect(await hpa()).toMatch(/ cpu: 75%\/50% +1 +10 +10 /);
    await k.ok('annotate', 'namespace', 'default', 'kubicle.dev/cpu-');
    await stage.advance(420);
    expect(await hpa()).toMatch(/ cpu: 0%\/50% +1 +10 +1 /);
  });
});

describe('usage', () => {
  beforeAll(() => stage.pauseClock(false));

  it('is shown for nodes, pods and containers', async () => {
    const { k } = stage;
    await expect
      .poll(() => k.ok('top', 'nodes'))
      .toMatch(
        /^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) +\ncontrol-plane +\d+m +\d+% +\d+Mi +\d+% /,
      );
    const heavy = (name: string, cpu: string, memory: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, annotations: {kubicle.dev/cpu: ${cpu}, kubicle.dev/memory: ${memory}}}
spec: {containers: [{name: main, image: nginx}, {name: side, image: busybox, command: [sleep, infinity]}]}
---
`;
    await stage.apply(`${heavy('a', '100m', '10Mi')}${heavy('b', '50m', '90Mi')}`);
    await k.ok('wait', '--for=condition=Ready', 'pod/a', 'pod/b', '--timeout=40s');
    expect(await k.ok('top', 'pod', 'a', '--no-headers')).toMatch(/^a +200m +20Mi +\n$/);
    const byCpu = await k.ok('top', 'pods', '--no-headers', '--sort-by=cpu');
    expect(
      byCpu
        .split('\n')
        .map((line) => line.split(/ +/)[0])
        .slice(0, 2),
    ).toEqual(['a', 'b']);
    const byMemory = await k.ok('top', 'pods', '--no-headers', '--sort-by=memory');
    expect(
      byMemory
        .split('\n')
        .map((line) => line.split(/ +/)[0])
        .slice(0, 2),
    ).toEqual(['b', 'a']);
    expect(await k.ok('top', 'pod', 'a', '--containers', '--no-headers')).toMatch(
      /^a +main +100m +10Mi +\na +side +100m +10Mi +\n$/,
    );
  });

  it('may be read by whoever has a role for it', async () => {
    const { k } = stage;
    const may = () => k.run(['auth', 'can-i', 'list', 'pods.metrics.k8s.io', '--as=anna']);
    expect((await may()).stdout).toBe('no\n');
    await k.ok('create', 'role', 'usage', '--verb=get,list', '--resource=pods.metrics.k8s.io');
    await k.ok('create', 'rolebinding', 'usage', '--role=usage', '--user=anna');
    expect((await may()).stdout).toBe('yes\n');
  });

  it('has no API on a cluster without the addon, and comes with metrics-server', async () => {
    const bare = await openStage(inject('server'), { nodes: 1, addons: [] });
    const refused = await bare.fails('top', 'nodes');
    expect(refused.stderr).toBe('error: Metrics API not available\n');
    await bare.apply(METRICS_SERVER);
    await bare.advance(60);
    expect(await bare.k.ok('get', 'apiservice', 'v1beta1.metrics.k8s.io')).toMatch(
      /v1beta1\.metrics\.k8s\.io +kube-system\/metrics-server +True /,
    );
    await expect.poll(async () => (await bare.k.run(['top', 'nodes'])).stdout).toContain('worker-1');
  });
});

/** What people type on an ordinary day, in one cluster. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';

const server = inject('server');

const MANIFEST = `
apiVersion: v1
kind: Namespace
metadata: {name: demo}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: demo}
data: {a: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: nginx
        envFrom: [{configMapRef: {name: conf}}]
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

const OBJECTS = ['namespace/demo', 'configmap/conf', 'deployment.apps/web', 'service/web'];

const said = (what: string): string => `${OBJECTS.map((name) => `${name} ${what}`).join('\n')}\n`;

describe('an ordinary day', () => {
  let k: Runner;
  const pipe = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await k.run([...args, '-f', '-'], { input: MANIFEST });
    expect(code, stderr).toBe(0);
    return stdout;
  };

  beforeAll(async () => {
    const kubectl = findKubectls().at(-1);
    if (kubectl === undefined) throw new Error('no kubectl');
    k = makeRunner(kubectl, await (await makeCluster(server)).kubeconfig());
  });

  it('applies a file of many objects, in every way', async () => {
    expect(await pipe('apply')).toBe(said('created'));
    expect(await pipe('apply')).toBe(said('unchanged'));
    expect(await pipe('diff')).toBe('');
    expect(await pipe('apply', '--server-side')).toBe(said('serverside-applied'));
    expect(await pipe('replace')).toBe(said('replaced'));
    expect(await k.ok('wait', '-n', 'demo', '--for=condition=Available', 'deploy/web', '--timeout=40s')).toBe(
      'deployment.apps/web condition met\n',
    );
  });

  it('shows them in every form', async () => {
    const all = await k.ok('get', 'all', '-n', 'demo');
    for (const name of ['pod/web-', 'service/web', 'deployment.apps/web', 'replicaset.apps/web-']) {
      expect(all).toContain(name);
    }
    expect(await k.ok('get', 'deploy', 'web', '-n', 'demo', '-o', 'jsonpath={.status.readyReplicas}')).toBe(
      '2',
    );
    expect(await k.ok('get', 'pods', '-n', 'demo', '-l', 'app=web', '--show-labels')).toMatch(
      /app=web,pod-template-hash=\w+/,
    );
    expect(
      await k.ok(
        'get',
        'pods',
        '-A',
        '--field-selector=status.phase=Running',
        '-o',
        'custom-columns=N:.spec.nodeName',
      ),
    ).toMatch(/^N\nworker-\d\nworker-\d\n$/);
    const service = await k.ok('describe', 'service', 'web', '-n', 'demo');
    expect(service).toMatch(/Endpoints: +10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80/);
    expect(await k.ok('get', 'endpointslices', '-n', 'demo')).toMatch(/web-\w+ +IPv4 +80 +10\.244\./);
    const events = await k.ok('get', 'events', '-n', 'demo');
    for (const reason of ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'ScalingReplicaSet']) {
      expect(events).toContain(reason);
    }
    expect(await k.ok('logs', '-n', 'demo', 'deploy/web')).toContain('start worker process');
  });

  it('takes nodes out of service and back', async () => {
    expect(await k.ok('cordon', 'worker-1')).toBe('node/worker-1 cordoned\n');
    expect(await k.ok('get', 'nodes')).toMatch(/worker-1 +Ready,SchedulingDisabled /);
    expect(await k.ok('drain', 'worker-2', '--ignore-daemonsets', '--timeout=40s')).toContain(
      'node/worker-2 drained',
    );
    const places = await k.ok('get', 'pods', '-n', 'demo', '-o', 'jsonpath={.items[*].spec.nodeName}');
    expect(places).not.toContain('worker-2');
    for (const node of ['worker-1', 'worker-2']) await k.ok('uncordon', node);
    expect(await k.ok('taint', 'nodes', 'worker-3', 'a=b:NoSchedule')).toBe('node/worker-3 tainted\n');
    expect(await k.ok('describe', 'node', 'worker-3')).toMatch(/Taints: +a=b:NoSchedule/);
  });

  it('runs a job to its end', async () => {
    expect(await k.ok('create', 'job', 'pi', '--image=busybox', '--', 'true')).toBe('job.batch/pi created\n');
    await k.ok('wait', '--for=condition=complete', 'job/pi', '--timeout=40s');
    expect(await k.ok('get', 'jobs')).toMatch(/pi +Complete +1\/1 /);
    expect(await k.ok('get', 'pods')).toMatch(/pi-\w+ +0\/1 +Completed +0 /);
  });

  it('makes and shows the rest of the usual kinds', async () => {
    await k.ok('create', 'cronjob', 'tick', '--image=busybox', '--schedule=0 0 1 1 *', '--', 'date');
    expect(await k.ok('get', 'cronjob')).toMatch(/tick +0 0 1 1 \* +<none> +False +0 +<none> /);
    await k.ok('autoscale', 'deploy', 'web', '-n', 'demo', '--min=1', '--max=4', '--cpu-percent=50');
    expect(await k.ok('get', 'hpa', '-n', 'demo')).toMatch(/web +Deployment\/web +cpu: .*\/50% +1 +4 /);
    await k.ok('create', 'quota', 'q', '-n', 'demo', '--hard=pods=5');
    await expect.poll(() => k.ok('describe', 'quota', '-n', 'demo')).toMatch(/pods +2 +5/);
    await k.ok('create', 'ingress', 'ing', '--rule=a.example/=web:80', '-n', 'demo');
    expect(await k.ok('get', 'ingress', '-n', 'demo')).toMatch(/ing +<none> +a\.example +.*80 /);
    await k.ok('create', 'pdb', 'p', '--selector=app=web', '--min-available=1', '-n', 'demo');
    await expect.poll(() => k.ok('get', 'pdb', '-n', 'demo')).toMatch(/p +1 +N\/A +1 /);
    expect(await k.ok('get', 'leases', '-n', 'kube-node-lease')).toMatch(/worker-1 +worker-1 /);
  });

  it('patches, restarts and cleans up', async () => {
    const patch = (type: string, text: string) =>
      k.ok('patch', 'deploy', 'web', '-n', 'demo', `--type=${type}`, '-p', text);
    await k.ok('delete', 'hpa', 'web', '-n', 'demo');
    await patch('json', '[{"op":"replace","path":"/spec/replicas","value":3}]');
    await patch('merge', '{"spec":{"replicas":1}}');
    await k.ok('rollout', 'restart', 'deploy/web', '-n', 'demo');
    expect(await k.ok('rollout', 'status', 'deploy/web', '-n', 'demo')).toContain('successfully rolled out');
    // The namespace takes the others along while kubectl is still asking for them.
    const gone = await pipe('delete', '--ignore-not-found');
    expect(gone).toContain('namespace "demo" deleted');
    expect((await k.run(['get', 'namespace', 'demo'])).stderr).toContain('not found');
  });
});

/** The StatefulSet of the basic tutorial: order, identity, storage. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

const WEB = `
apiVersion: v1
kind: Service
metadata: {name: nginx, labels: {app: nginx}}
spec: {ports: [{port: 80, name: web}], clusterIP: None, selector: {app: nginx}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: nginx
  replicas: 2
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: registry.k8s.io/nginx-slim:0.21
        ports: [{containerPort: 80, name: web}]
        volumeMounts: [{name: www, mountPath: /usr/share/nginx/html}]
  volumeClaimTemplates:
  - metadata: {name: www}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast' });
});

const names = () => stage.column('.metadata.name', 'pods', '-l', 'app=nginx');
const images = () => stage.column('.spec.containers[0].image', 'pods', '-l', 'app=nginx');

/** Names in the order in which a line of the watch first matched. */
const order = (output: string, pattern: RegExp): readonly string[] => {
  const seen = output
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => line.split(/ +/)[0] ?? '');
  return [...new Set(seen)];
};

const patch = (text: string) => stage.k.ok('patch', 'sts', 'web', '-p', text);
const ready = (count: number) =>
  expect
    .poll(() => stage.k.ok('get', 'sts', 'web', '--no-headers'))
    .toMatch(new RegExp(`web +${count}/${count} `));

describe('a StatefulSet', () => {
  it('makes its pods one after the other, each with its own claim', async () => {
    const watch = stage.k.start('get', 'pods', '-w', '-l', 'app=nginx', '--no-headers');
    expect(await stage.apply(WEB)).toBe('service/nginx created\nstatefulset.apps/web created\n');
    await ready(2);
    await expect.poll(() => watch.output()).toMatch(/^web-1 +1\/1 +Running/m);
    watch.stop();
    const lines = watch.output().split('\n');
    const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
    expect(at(/^web-1 .*Pending/)).toBeGreaterThan(at(/^web-0 +1\/1 +Running/));
    expect(await stage.k.ok('get', 'pvc', '-l', 'app=nginx')).toMatch(
      /www-web-0 +Bound +pvc-[-0-9a-f]{36} +1Gi +RWO +standard +.*\nwww-web-1 +Bound +pvc-[-0-9a-f]{36} +1Gi +RWO +standard /,
    );
  });

  it('gives deleted pods back their name and claim', async () => {
    const volumes = () => stage.column('.spec.volumeName', 'pvc');
    const before = await volumes();
    const uids = () => stage.column('.metadata.uid', 'pods', '-l', 'app=nginx');
    const old = await uids();
    // Without waiting: kubectl takes a pod that came back under its name for the old one when it looks too late.
    await stage.k.ok('delete', 'pod', '-l', 'app=nginx', '--wait=false');
    await expect.poll(async () => (await uids()).some((uid) => old.includes(uid))).toBe(false);
    await ready(2);
    expect(await names()).toEqual(['web-0', 'web-1']);
    expect(await volumes()).toEqual(before);
  });

  it('grows upwards and shrinks downwards, in order, and leaves claims behind', async () => {
    const up = stage.k.start('get', 'pods', '-w', '-l', 'app=nginx', '--no-headers');
    expect(await patch('{"spec":{"replicas":5}}')).toBe('statefulset.apps/web patched\n');
    await ready(5);
    const grown = () => order(up.output(), /1\/1 +Running/).slice(-3);
    await expect.poll(grown).toEqual(['web-2', 'web-3', 'web-4']);
    up.stop();
    const down = stage.k.start('get', 'pods', '-w', '-l', 'app=nginx', '--no-headers');
    await expect.poll(() => down.output()).toContain('web-4');
    await patch('{"spec":{"replicas":2}}');
    await ready(2);
    await expect.poll(names).toEqual(['web-0', 'web-1']);
    await expect.poll(() => order(down.output(), /Terminating/)).toEqual(['web-4', 'web-3', 'web-2']);
    down.stop();
    const claims = await stage.column('.status.phase', 'pvc', '-l', 'app=nginx');
    expect(claims).toEqual(Array.from({ length: 5 }, () => 'Bound'));
  });

  it('updates its pods in reverse order', async () => {
    const watch = stage.k.start('get', 'pods', '-w', '-l', 'app=nginx', '--no-headers');
    await patch('{"spec":{"replicas":4}}');
    await ready(4);
    await expect.poll(() => watch.output()).toMatch(/^web-3 +1\/1 +Running/m);
    const grown = watch.output().length;
    const change = ['set', 'image', 'sts/web', 'nginx=registry.k8s.io/nginx-slim:0.24'];
    expect(await stage.tellRollout('sts/web', change)).toMatch(
      /Waiting for partitioned roll out to finish: 3 out of 4 new pods have been updated\.\.\.\n[\s\S]*partitioned roll out complete: 4 new pods have been updated\.\.\.\n$/,
    );
    const ended = () => order(watch.output().slice(grown), /Terminating/);
    await expect.poll(ended).toEqual(['web-3', 'web-2', 'web-1', 'web-0']);
    watch.stop();
    expect(new Set(await images())).toEqual(new Set(['registry.k8s.io/nginx-slim:0.24']));
  });

  it('leaves the pods below its partition alone', async () => {
    const old = 'registry.k8s.io/nginx-slim:0.24';
    const fresh = 'registry.k8s.io/nginx-slim:0.21';
    await patch('{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":3}}}}');
    await stage.k.ok('set', 'image', 'sts/web', `nginx=${fresh}`);
    await expect.poll(images).toEqual([old, old, old, fresh]);
    await stage.k.ok('delete', 'pod', 'web-1');
    await ready(4);
    expect(await images()).toEqual([old, old, old, fresh]);
    await patch('{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}');
    await expect.poll(images, { timeout: 40_000 }).toEqual([fresh, fresh, fresh, fresh]);
  });

  it('goes without its pods under --cascade=orphan, and takes them back', async () => {
    await ready(4);
    const uids = await stage.column('.metadata.uid', 'pods', '-l', 'app=nginx');
    expect(await stage.k.ok('delete', 'sts', 'web', '--cascade=orphan')).toBe(
      'statefulset.apps "web" deleted\n',
    );
    expect(await names()).toHaveLength(4);
    await stage.apply(WEB);
    await expect.poll(names).toEqual(['web-0', 'web-1']);
    expect(await stage.column('.metadata.uid', 'pods', '-l', 'app=nginx')).toEqual(uids.slice(0, 2));
    await stage.k.ok('delete', 'sts', 'web');
    await expect.poll(names).toEqual([]);
    expect(await stage.column('.metadata.name', 'pvc')).toHaveLength(5);
  });
});

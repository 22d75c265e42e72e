/** A Deployment's whole life, as any tutorial tells it. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { findKubectls, type Runner } from './support/kubectl.ts';
import { openStage, type Stage } from './support/stage.ts';

const server = inject('server');

const manifest = (maxSurge: number | string, image = 'nginx:1.26') => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: ${maxSurge}, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: nginx
        image: ${image}
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
        livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 3, periodSeconds: 5}
        lifecycle: {postStart: {exec: {command: [sh, -c, 'echo started > /tmp/started']}}}
`;

const DONE = 'deployment "web" successfully rolled out';

describe.each(findKubectls())('a Deployment with kubectl $version', (kubectl) => {
  let stage: Stage;
  let k: Runner;
  const apply = (text: string) => k.run(['apply', '-f', '-'], { input: text });
  const images = async (): Promise<string[]> =>
    (await k.ok('get', 'pods', '-o', 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}'))
      .trim()
      .split('\n');

  /** Old pods may still be terminating when a rollout is done. */
  const onlyImage = (image: string) =>
    expect.poll(async () => [...new Set(await images())], { timeout: 40_000 }).toEqual([image]);

  beforeAll(async () => {
    stage = await openStage(server, {}, kubectl);
    k = stage.k;
  });

  it('is applied, rolls out, and its pods are seen coming up', async () => {
    // A pod to see that the watch is there: it must not miss the first moments of the others.
    await k.ok('run', 'probe', '--image=nginx:1.25');
    const watch = k.start('get', 'pods', '-w');
    await expect.poll(() => watch.output()).toContain('probe');
    await k.ok('delete', 'pod', 'probe');
    expect((await apply(manifest(1))).stdout.trim()).toBe('deployment.apps/web created');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await expect.poll(() => watch.output().match(/1\/1 +Running/g)?.length ?? 0).toBeGreaterThanOrEqual(5);
    watch.stop();
    for (const state of [/0\/1 +Pending/, /0\/1 +ContainerCreating/, /0\/1 +Running/, /1\/1 +Running/]) {
      expect(watch.output()).toMatch(state);
    }
    expect(await k.ok('get', 'deployment', 'web')).toMatch(/web +5\/5 +5 +5 /);
  });

  it('applies the same again without a change', async () => {
    expect((await apply(manifest(1))).stdout.trim()).toBe('deployment.apps/web unchanged');
  });

  it('rolls to a new image one by one', async () => {
    const watch = k.start('get', 'rs', '-w', '--no-headers');
    await expect.poll(() => watch.output()).toContain('web-');
    expect(await k.ok('set', 'image', 'deployment/web', 'nginx=nginx:1.27')).toContain('image updated');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await onlyImage('nginx:1.27');
    const sizes = () =>
      watch
        .output()
        .trim()
        .split('\n')
        .map((line) => Number(line.split(/ +/)[1]));
    await expect.poll(sizes).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5]));
    watch.stop();
    const sets = await k.ok('get', 'rs', '-o', 'wide');
    expect(sets).toMatch(/web-\w+ +5 +5 +5 +\w+ +nginx +nginx:1\.27 +app=web,pod-template-hash=\w+/);
    expect(sets).toMatch(/web-\w+ +0 +0 +0 +\w+ +nginx +nginx:1\.26 /);
  });

  it('keeps its history and undoes', async () => {
    expect(await k.ok('rollout', 'history', 'deployment/web')).toMatch(/REVISION +CHANGE-CAUSE\n1 .*\n2 /);
    expect(await k.ok('rollout', 'history', 'deployment/web', '--revision=1')).toContain('nginx:1.26');
    expect(await k.ok('rollout', 'undo', 'deployment/web')).toContain('rolled back');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await onlyImage('nginx:1.26');
    expect(await k.ok('rollout', 'undo', 'deployment/web', '--to-revision=2')).toContain('rolled back');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await onlyImage('nginx:1.27');
  });

  it('replaces all at once with maxSurge 5', async () => {
    const surge = (await apply(manifest(5, 'nginx:1.28'))).stdout.trim();
    expect(surge).toBe('deployment.apps/web configured');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await onlyImage('nginx:1.28');
  });

  it('holds a canary while paused', async () => {
    await apply(manifest(1, 'nginx:1.28'));
    await k.ok('rollout', 'status', 'deployment/web');
    await stage.pauseClock(true);
    await k.ok('set', 'image', 'deployment/web', 'nginx=nginx:1.29');
    await stage.advance(1);
    expect(await k.ok('rollout', 'pause', 'deployment/web')).toContain('paused');
    await stage.pauseClock(false);
    await stage.advance(60);
    const paused = new Set(await images());
    expect(paused).toEqual(new Set(['nginx:1.28', 'nginx:1.29']));
    expect(await k.ok('rollout', 'resume', 'deployment/web')).toContain('resumed');
    expect(await k.ok('rollout', 'status', 'deployment/web')).toContain(DONE);
    await onlyImage('nginx:1.29');
  });

  it('scales, and takes edits of every sort', async () => {
    expect(await k.ok('scale', 'deployment/web', '--replicas=2')).toContain('scaled');
    await k.ok('rollout', 'status', 'deployment/web');
    await expect.poll(async () => (await images()).length, { timeout: 40_000 }).toBe(2);
    expect(await k.ok('patch', 'deployment', 'web', '-p', '{"spec":{"minReadySeconds":1}}')).toContain(
      'patched',
    );
    expect(await k.ok('label', 'deployment', 'web', 'tier=front')).toContain('labeled');
    expect(await k.ok('annotate', 'deployment', 'web', 'note=hello')).toContain('annotated');
    const editor = join(mkdtempSync(join(tmpdir(), 'kubicle-editor-')), 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/replicas: 2/replicas: 3/" "$1"\n', { mode: 0o755 });
    const edited = await k.run(['edit', 'deployment', 'web'], {
      env: { EDITOR: editor, KUBE_EDITOR: editor },
    });
    expect(edited.stdout).toContain('deployment.apps/web edited');
    await expect.poll(() => k.ok('get', 'deployment', 'web')).toMatch(/web +3\/3 +3 +3 /);
  });

  it('is described with its events', async () => {
    const text = await k.ok('describe', 'deployment', 'web');
    expect(text).toMatch(/StrategyType: +RollingUpdate/);
    expect(text).toMatch(
      /Normal +ScalingReplicaSet .* deployment-controller +Scaled up replica set web-\w+ from 0 to 5/,
    );
    const pod = await k.ok('describe', 'pods', '-l', 'app=web');
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) expect(pod).toContain(reason);
  });

  it('is deleted with its pods', async () => {
    expect(await k.ok('delete', 'deployment', 'web')).toContain('deployment.apps "web" deleted');
    await expect
      .poll(async () => (await k.run(['get', 'pods'])).stderr, { timeout: 45_000 })
      .toContain('No resources found');
  });
});

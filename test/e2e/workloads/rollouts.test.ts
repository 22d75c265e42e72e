/** Ways to bring out a new version, as tutorials tell them. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

const deployment = (name: string, labels: string, image: string, replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec: {containers: [{name: web, image: "${image}", ports: [{containerPort: 80}]}]}
---
`;

const service = (selector: string) => `
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {${selector}}, ports: [{port: 80}]}
`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast' });
});

const addresses = async (selector: string): Promise<readonly string[]> =>
  [...(await stage.column('.status.podIP', 'pods', '-l', selector))].sort();

const endpoints = async (): Promise<readonly string[]> => {
  const text = await stage.k.ok(
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=shop',
    '-o',
    'jsonpath={range .items[*].endpoints[*]}{.addresses[0]}{"\\n"}{end}',
  );
  return text.split('\n').slice(0, -1).sort();
};

const status = (name: string) => stage.k.ok('rollout', 'status', `deployment/${name}`, '--timeout=40s');

describe('a new version', () => {
  it('rolls out step by step, never below what is promised', async () => {
    const { k, apply } = stage;
    await apply(deployment('roll', 'app: roll', 'nginx:1.26', 4));
    await status('roll');
    const watch = k.start('get', 'deployment', 'roll', '-w', '--no-headers');
    await expect.poll(() => watch.output()).toContain('roll ');
    const told = await stage.tellRollout('deployment/roll', [
      'set',
      'image',
      'deployment/roll',
      'web=nginx:1.27',
    ]);
    watch.stop();
    expect(told).toMatch(
      /Waiting for deployment "roll" rollout to finish: \d out of 4 new replicas have been updated\.\.\./,
    );
    expect(told).toContain('deployment "roll" successfully rolled out');
    const available = watch
      .output()
      .trim()
      .split('\n')
      .map((line) => Number(line.split(/ +/)[3]));
    // 25 % of 4 may be missing, no more.
    expect(Math.min(...available)).toBeGreaterThanOrEqual(3);
  });

  it('is remembered with its cause, shown, and undone', async () => {
    const { k } = stage;
    await k.ok('annotate', 'deployment/roll', 'kubernetes.io/change-cause=image 1.27');
    expect(await k.ok('rollout', 'history', 'deployment/roll')).toBe(
      'deployment.apps/roll \nREVISION  CHANGE-CAUSE\n1         <none>\n2         image 1.27\n\n',
    );
    expect(await k.ok('rollout', 'history', 'deployment/roll', '--revision=1')).toMatch(
      /^deployment\.apps\/roll with revision #1\nPod Template:\n {2}Labels:\tapp=roll\n\tpod-template-hash=\w+\n[\s\S]*Image:\tnginx:1\.26\n/,
    );
    expect(await k.ok('rollout', 'undo', 'deployment/roll')).toBe('deployment.apps/roll rolled back\n');
    await status('roll');
    expect(await k.ok('rollout', 'history', 'deployment/roll')).toMatch(/2 +image 1\.27\n3 +<none>\n/);
    const again = await stage.fails('rollout', 'undo', 'deployment/roll', '--to-revision=9');
    expect(again.stderr).toContain('unable to find specified revision 9 in history');
  });

  it('stops at its deadline when its image does not exist, and can be undone', async () => {
    const { k, advance } = stage;
    await k.ok('patch', 'deployment', 'roll', '-p', '{"spec":{"progressDeadlineSeconds":60}}');
    await k.ok('set', 'image', 'deployment/roll', 'web=nginx:1.161');
    await advance(90);
    const failed = await stage.fails('rollout', 'status', 'deployment/roll', '--timeout=40s');
    expect(failed.stderr).toBe('error: deployment "roll" exceeded its progress deadline\n');
    expect(await k.ok('get', 'pods', '-l', 'app=roll')).toMatch(/ 0\/1 +(ImagePullBackOff|ErrImagePull) +0 /);
    expect(await k.ok('describe', 'deployment', 'roll')).toMatch(
      /Progressing +False +ProgressDeadlineExceeded\n/,
    );
    await k.ok('rollout', 'undo', 'deployment/roll');
    expect(await status('roll')).toContain('successfully rolled out');
  });

  it('waits beside the old one and takes over at once: blue/green', async () => {
    const { k, apply } = stage;
    await apply(deployment('blue', 'app: shop, color: blue', 'nginx:1.26', 2));
    await apply(deployment('green', 'app: shop, color: green', 'nginx:1.27', 2));
    await apply(service('app: shop, color: blue'));
    await Promise.all([status('blue'), status('green')]);
    await expect.poll(endpoints).toEqual(await addresses('color=blue'));
    await k.ok('patch', 'service', 'shop', '-p', '{"spec":{"selector":{"color":"green"}}}');
    await expect.poll(endpoints).toEqual(await addresses('color=green'));
    await k.ok('delete', 'deployment', 'blue');
    await expect.poll(() => addresses('color=blue')).toEqual([]);
    expect(await endpoints()).toEqual(await addresses('color=green'));
  });

  it('gets a share of the traffic as a second Deployment behind the Service: canary', async () => {
    const { k, apply } = stage;
    await apply(deployment('stable', 'app: shop, track: stable', 'nginx:1.26', 3));
    await apply(deployment('canary', 'app: shop, track: canary', 'nginx:1.27', 1));
    await k.ok('delete', 'deployment', 'green');
    await k.ok(
      'patch',
      'service',
      'shop',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/selector/color"}]',
    );
    await Promise.all([status('stable'), status('canary')]);
    await expect.poll(async () => (await endpoints()).length).toBe(4);
    expect(await endpoints()).toContain((await addresses('track=canary'))[0]);
    await k.ok('scale', 'deployment/canary', '--replicas=3');
    await k.ok('scale', 'deployment/stable', '--replicas=0');
    await Promise.all([status('stable'), status('canary')]);
    await expect.poll(async () => (await endpoints()).length).toBe(3);
    await expect.poll(endpoints).toEqual(await addresses('track=canary'));
  });

  it('is held half-way by a pause, and goes on: canary', async () => {
    const { k, apply, advance } = stage;
    await apply(deployment('pause', 'app: pause', 'nginx:1.26', 8));
    await status('pause');
    await stage.pauseClock(true);
    await k.ok('set', 'image', 'deployment/pause', 'web=nginx:1.27');
    await advance(0.05);
    expect(await k.ok('rollout', 'pause', 'deployment/pause')).toBe('deployment.apps/pause paused\n');
    await stage.pauseClock(false);
    await advance(30);
    const images = await stage.column('.spec.containers[0].image', 'pods', '-l', 'app=pause');
    expect(new Set(images)).toEqual(new Set(['nginx:1.26', 'nginx:1.27']));
    expect(await k.ok('get', 'rs', '-l', 'app=pause', '--no-headers')).toMatch(
      / 4 +4 +4 .*\n.* 6 +6 +6 |6 +6 +6 .*\n.* 4 +4 +4 /,
    );
    const undo = await stage.fails('rollout', 'undo', 'deployment/pause');
    expect(undo.stderr).toContain('you cannot rollback a paused deployment; resume it first');
    expect(await k.ok('rollout', 'resume', 'deployment/pause')).toBe('deployment.apps/pause resumed\n');
    await status('pause');
    await expect
      .poll(() => stage.column('.spec.containers[0].image', 'pods', '-l', 'app=pause'))
      .toEqual(Array.from({ length: 8 }, () => 'nginx:1.27'));
  });
});

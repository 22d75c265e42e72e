import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';

const AGENT = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector: {disk: ssd}
      containers: [{name: agent, image: "busybox:1.36", command: [sleep, infinity]}]
      terminationGracePeriodSeconds: 1
`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'fast', nodes: 3 });
});

const nodes = async () => [...(await stage.column('.spec.nodeName', 'pods', '-l', 'app=agent'))].sort();
const images = async () => [
  ...new Set(await stage.column('.spec.containers[0].image', 'pods', '-l', 'app=agent')),
];

describe('a DaemonSet', () => {
  it('follows the labels of nodes', async () => {
    await stage.k.ok('label', 'node', 'worker-1', 'worker-2', 'disk=ssd');
    await stage.apply(AGENT);
    await expect.poll(nodes).toEqual(['worker-1', 'worker-2']);
    await stage.k.ok('label', 'node', 'worker-3', 'disk=ssd');
    await expect.poll(nodes).toEqual(['worker-1', 'worker-2', 'worker-3']);
    await stage.k.ok('label', 'node', 'worker-1', 'disk-');
    await expect.poll(nodes).toEqual(['worker-2', 'worker-3']);
    await expect.poll(() => stage.k.ok('get', 'ds', 'agent')).toMatch(/agent +2 +2 +2 +2 +2 +disk=ssd /);
  });

  it('updates its pods node by node and undoes', async () => {
    const { k } = stage;
    const change = ['set', 'image', 'ds/agent', 'agent=busybox:1.37'];
    expect(await stage.tellRollout('ds/agent', change)).toMatch(
      /Waiting for daemon set "agent" rollout to finish: \d out of 2 new pods have been updated\.\.\.\n[\s\S]*daemon set "agent" successfully rolled out\n$/,
    );
    expect(await images()).toEqual(['busybox:1.37']);
    expect(await k.ok('rollout', 'history', 'ds/agent')).toBe(
      'daemonset.apps/agent \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n',
    );
    expect(await k.ok('rollout', 'undo', 'ds/agent', '--to-revision=1')).toBe(
      'daemonset.apps/agent rolled back\n',
    );
    await k.ok('rollout', 'status', 'ds/agent', '--timeout=40s');
    expect(await images()).toEqual(['busybox:1.36']);
    expect(await k.ok('rollout', 'history', 'ds/agent')).toMatch(/\n2 +<none>\n3 +<none>\n/);
    expect(await stage.column('.revision', 'controllerrevisions')).toHaveLength(2);
  });

  it('OnDelete waits for somebody to delete the pods', async () => {
    const { k, advance } = stage;
    await k.ok(
      'patch',
      'ds',
      'agent',
      '-p',
      '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}',
    );
    await k.ok('set', 'image', 'ds/agent', 'agent=busybox:1.37');
    await advance(60);
    expect(await images()).toEqual(['busybox:1.36']);
    const [first = ''] = await stage.column('.metadata.name', 'pods', '-l', 'app=agent');
    await k.ok('delete', 'pod', first);
    await expect.poll(async () => (await images()).sort()).toEqual(['busybox:1.36', 'busybox:1.37']);
  });
});

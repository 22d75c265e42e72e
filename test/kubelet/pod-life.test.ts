/** The lives of pods, as a client sees them: servers, commands, what comes past the scheduler. */

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../src/kinds/generated/types.ts';
import { EPOCH } from '../support/harness.ts';
import { POD, playPod, podOf } from './pod-history.ts';
import { deleteAt, phases } from './pod-steps.ts';

describe('a server', () => {
  test('goes from its node to ready, and ends when it is deleted', () => {
    const { states, events } = playPod(podOf('image: "nginx:1.27"'), { steps: [deleteAt(5000)] });
    expect(phases(states)).toEqual([
      'Pending',
      'Pending c=ContainerCreating',
      'Running c=running+ready',
      'Running c=running+ready deleting',
      'Succeeded c=Completed:0 deleting',
      'gone',
    ]);
    expect(events).toEqual([
      'Pulling x1: Pulling image "nginx:1.27"',
      expect.stringMatching(
        /^Pulled x1: Successfully pulled image "nginx:1.27" in \d+ms \(\d+ms including waiting\)\. Image size: \d+ bytes\.$/,
      ),
      'Created x1: Container created',
      'Started x1: Container started',
      'Killing x1: Stopping container c',
    ]);
  });

  test('is ready in a single status write in a cluster without latency, and gone in three writes more', () => {
    const { states } = playPod(podOf('image: "nginx:1.27"'), { latency: 'instant', steps: [deleteAt(5000)] });
    expect(states).toEqual([
      '0.0 Pending',
      '0.0 Running c=running+ready',
      '5.0 Running c=running+ready deleting',
      '5.0 Succeeded c=Completed:0 deleting',
      '5.0 gone',
    ]);
  });

  test('has the status fields of a 1.36 kubelet', () => {
    const { harness } = playPod(podOf('image: nginx, resources: {requests: {cpu: 100m}}'));
    const { status } = harness.get<Pod>(POD);
    expect(status).toMatchObject({
      observedGeneration: 1,
      phase: 'Running',
      hostIP: expect.stringMatching(/^172\.18\.0\.\d+$/),
      hostIPs: [{ ip: status?.hostIP }],
      podIP: expect.stringMatching(/^10\.244\.[12]\.\d+$/),
      podIPs: [{ ip: status?.podIP }],
      startTime: '2026-01-01T00:00:01Z',
      qosClass: 'Burstable',
    });
    expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(status?.containerStatuses?.[0]).toMatchObject({
      image: 'docker.io/library/nginx:latest',
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      started: true,
      ready: true,
      restartCount: 0,
      lastState: {},
      allocatedResources: { cpu: '100m' },
      resources: { requests: { cpu: '100m' } },
      user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
      volumeMounts: [
        {
          mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
          readOnly: true,
          recursiveReadOnly: 'Disabled',
        },
      ],
    });
  });

  test('stops after its hook, its sidecars after it', () => {
    const { states } = playPod(
      podOf(
        'image: nginx, lifecycle: {preStop: {sleep: {seconds: 5}}}',
        'initContainers: [{name: s, image: redis, restartPolicy: Always}], ',
      ),
      { steps: [deleteAt(10_000)] },
    );
    expect(phases(states).slice(-4)).toEqual([
      'Running s=running+ready c=running+ready deleting',
      'Running s=running+ready c=Completed:0 deleting',
      'Succeeded s=Completed:0 c=Completed:0 deleting',
      'gone',
    ]);
    expect(states.at(-1)).toMatch(/^15\.\d gone$/);
  });

  test('a new image restarts its container', () => {
    const body = { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } };
    const { states, events } = playPod(podOf('image: "nginx:1.27"'), {
      steps: [{ at: 5000, method: 'PATCH', url: POD, body }],
    });
    expect(phases(states).slice(-2)).toEqual(['Running c=Completed:0', 'Running c=running+ready#1']);
    expect(events).toContain('Killing x1: Container c definition changed, will be restarted');
  });
});

describe('a command', () => {
  test('that fails is restarted with growing waits', () => {
    const { states, events } = playPod(podOf('image: "busybox:1.36", command: [sh, -c, "sleep 1; exit 3"]'), {
      untilMs: 40_000,
    });
    expect(phases(states)).toEqual([
      'Pending',
      'Pending c=ContainerCreating',
      'Running c=running+ready',
      'Running c=Error:3',
      'Running c=running+ready#1',
      'Running c=Error:3#1',
      'Running c=CrashLoopBackOff#1',
      'Running c=running+ready#2',
      'Running c=Error:3#2',
      'Running c=CrashLoopBackOff#2',
      'Running c=running+ready#3',
      'Running c=Error:3#3',
      'Running c=CrashLoopBackOff#3',
    ]);
    expect(events.find((event) => event.startsWith('BackOff'))).toMatch(
      /^BackOff x3: Back-off restarting failed container c in pod a_default\([0-9a-f-]{36}\)$/,
    );
  });

  test.each([
    ['Never', 'exit 0', 'Succeeded c=Completed:0'],
    ['Never', 'exit 4', 'Failed c=Error:4'],
    ['OnFailure', 'sleep 2', 'Succeeded c=Completed:0'],
  ])('with restartPolicy %s and %s ends as %s', (policy, script, last) => {
    const { states } = playPod(
      podOf(`image: busybox, command: [sh, -c, "${script}"]`, `restartPolicy: ${policy}, `),
    );
    expect(phases(states).at(-1)).toBe(last);
  });

  test('that sleeps as the first process takes the whole grace', () => {
    const { states } = playPod(
      podOf('image: busybox, command: [sleep, "1000"]', 'terminationGracePeriodSeconds: 7, '),
      {
        steps: [deleteAt(3000)],
      },
    );
    expect(states.slice(-2)).toEqual(['10.0 Failed c=Error:137 deleting', '10.0 gone']);
  });

  test.each([
    // The image's shell without a terminal ends at once; so does its restart.
    ['image: busybox', 1500, 1700],
    ['image: busybox, command: [sh, -c, sleep 8]', 4000, 10_000],
    ['image: busybox, command: [sleep, "8"], lifecycle: {preStop: {sleep: {seconds: 20}}}', 4000, 10_000],
    ['image: busybox, command: [sleep, "600"], lifecycle: {preStop: {sleep: {seconds: 20}}}', 4000, 34_000],
    ['image: busybox, command: [sh, -c, "trap \'exit 0\' TERM; sleep 600"]', 4000, 4300],
  ])('that ends of itself, or heeds its signal, does not take the grace: %s', (container, at, goneBy) => {
    const { states } = playPod(podOf(container), { steps: [deleteAt(at)], untilMs: 90_000 });
    const gone = Number(states.at(-1)?.split(' ')[0]) * 1000;
    expect(states.at(-1)).toMatch(/ gone$/);
    expect(gone).toBeGreaterThanOrEqual(at);
    expect(gone).toBeLessThanOrEqual(goneBy);
  });

  test('that waits for its restart does not hold its pod up', () => {
    const { states } = playPod(podOf('image: busybox, command: [sh, -c, exit 3]'), {
      steps: [deleteAt(20_000)],
    });
    expect(phases(states).slice(-3)).toEqual([
      'Running c=CrashLoopBackOff#2 deleting',
      'Failed c=Error:3#2 deleting',
      'gone',
    ]);
    expect(states.at(-1)).toBe('20.0 gone');
  });

  test('keeps the code of its own exit when it ends while it is stopped', () => {
    const { states } = playPod(podOf('image: busybox, command: [sh, -c, "sleep 8; exit 4"]'), {
      steps: [deleteAt(4000)],
    });
    expect(phases(states).slice(-2)).toEqual(['Failed c=Error:4 deleting', 'gone']);
  });

  test('past the deadline of its pod is killed', () => {
    const { states, events } = playPod(podOf('image: nginx', 'activeDeadlineSeconds: 5, '));
    expect(phases(states).slice(-2)).toEqual([
      'Failed (DeadlineExceeded) c=running+ready',
      'Failed (DeadlineExceeded) c=Completed:0',
    ]);
    expect(events).toContain(
      'DeadlineExceeded x1: Pod was active on the node longer than the specified deadline',
    );
  });

  test('leaves the last word in its termination message', () => {
    const script = 'echo because > /dev/termination-log; exit 1';
    const { harness } = playPod(
      podOf(`image: busybox, command: [sh, -c, "${script}"]`, 'restartPolicy: Never, '),
    );
    expect(harness.get<Pod>(POD).status?.containerStatuses?.[0]?.state?.terminated?.message).toBe('because');
  });
});

test('sidecars end when the work is done', () => {
  const { states, events } = playPod(
    podOf(
      'image: busybox, command: [sleep, "3"]',
      'restartPolicy: Never, initContainers: [{name: s, image: redis, restartPolicy: Always}, {name: t, image: redis, restartPolicy: Always}], ',
    ),
  );
  expect(phases(states).at(-2)).toMatch(
    /^Running s=running\+ready t=(running\+ready|Completed:0) c=Completed:0$/,
  );
  expect(phases(states).at(-1)).toBe('Succeeded s=Completed:0 t=Completed:0 c=Completed:0');
  expect(events).toContain('Killing x1: Stopping container s');
});

test('a pod with a dozen containers starts them in several looks', () => {
  const more = Array.from({ length: 11 }, (_, index) => `, {name: d${index}, image: nginx}`).join('');
  const yaml = `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: nginx}${more}]}}`;
  const { states } = playPod(yaml, { latency: 'instant', untilMs: 5000 });
  expect(states.at(-1)?.match(/running\+ready/g)).toHaveLength(12);
});

test('missing pull secrets are told of', () => {
  const { events } = playPod(podOf('image: nginx', 'imagePullSecrets: [{name: a}, {name: b}], '), {
    untilMs: 3000,
  });
  expect(events[0]).toBe(
    'FailedToRetrieveImagePullSecret x1: Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.',
  );
});

test('the end of the log becomes the message of a failure that asks for it', () => {
  const script = 'echo one; echo two; exit 1';
  const { harness } = playPod(
    podOf(
      `image: busybox, command: [sh, -c, "${script}"], terminationMessagePolicy: FallbackToLogsOnError`,
      'restartPolicy: Never, ',
    ),
  );
  const { terminated } = harness.get<Pod>(POD).status?.containerStatuses?.[0]?.state ?? {};
  expect(terminated?.message).toBe('one\ntwo\n');
});

test('an ephemeral container runs in a pod that runs', () => {
  const body = {
    spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox', command: ['sleep', '3'] }] },
  };
  const { states } = playPod(podOf('image: nginx'), {
    steps: [{ at: 5000, method: 'PATCH', url: `${POD}/ephemeralcontainers`, body }],
  });
  expect(phases(states).slice(-3)).toEqual([
    'Running c=running+ready debug=ContainerCreating',
    'Running c=running+ready debug=running',
    'Running c=running+ready debug=Completed:0',
  ]);
});

describe('logs', () => {
  const log = (yaml: string, query: string, untilMs = 20_000) => {
    const { harness } = playPod(yaml, { untilMs });
    harness.advance(Math.max(0, EPOCH + 1000 + untilMs - harness.now));
    const reply = harness.request('GET', `${POD}/log?${query}`);
    return reply.status === 200 ? reply.body : (reply.json as { message: string }).message;
  };
  const clock = podOf(
    'image: "busybox:1.36", command: [sh, -c, "i=0; while true; do echo \\"$i: $(date +%T)\\"; i=$((i+1)); sleep 5; done"]',
  );

  test('are what the command printed so far', () => {
    expect(log(clock, '')).toBe('0: 00:00:01\n1: 00:00:06\n2: 00:00:11\n3: 00:00:16\n');
    expect(log(clock, 'tailLines=1')).toBe('3: 00:00:16\n');
    expect(log(clock, 'sinceSeconds=6')).toBe('3: 00:00:16\n');
    expect(log(clock, 'limitBytes=4')).toBe('0: 0');
    expect(log(clock, 'timestamps=true&tailLines=1')).toMatch(/^2026-01-01T00:00:16\.\d{9}Z 3: 00:00:16\n$/);
  });

  test('of a server begin with its start', () => {
    expect(log(podOf('image: "nginx:1.27"'), '')).toContain('[notice] 1#1: nginx/1.27\n');
  });

  test('of the life before this one', () => {
    const crash = podOf('image: "busybox:1.36", command: [sh, -c, "date +%T; sleep 3; exit 1"]');
    expect(log(crash, 'previous=true', 6000)).toBe('00:00:01\n');
    expect(log(clock, 'previous=true')).toBe('previous terminated container "c" in pod "a" not found');
  });

  test('of what never started are refused', () => {
    expect(log(podOf('image: "nginx:nope"'), '')).toBe(
      'container "c" in pod "a" is waiting to start: trying and failing to pull image',
    );
  });
});

describe('a pod that comes past the scheduler', () => {
  test.each([
    [
      'resources: {requests: {cpu: "100"}}',
      'nodeName: node-1, ',
      'OutOfcpu',
      "Node didn't have enough resource: cpu, requested: 100000, used: 0, capacity: 4000",
    ],
    [
      'tty: true',
      'nodeName: node-1, nodeSelector: {disk: ssd}, ',
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  ])('is refused: %s %s', (container, spec, reason, message) => {
    const { harness, events } = playPod(podOf(`image: nginx, ${container}`, spec), { untilMs: 5000 });
    expect(harness.get<Pod>(POD).status).toMatchObject({
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${message}`,
    });
    expect(events).toEqual([`${reason} x1: ${message}`]);
  });

  test('runs when it fits, whatever keeps the scheduler away', () => {
    const { states } = playPod(podOf('image: nginx', 'nodeName: control-plane, '), { untilMs: 5000 });
    expect(phases(states).at(-1)).toBe('Running c=running+ready');
  });
});
